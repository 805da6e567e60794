#include <stowage/actors/registry.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <cerrno>
#include <functional>

using namespace stowage;
using namespace stowage::test;

namespace {

struct failing : store_fixture {
  failing() { open(); }

  /// A store with "old" durable, "lost" accepted, and waiters for what the next sync would bring.
  void prepare() {
    (void)put_durable("old", "old value");
    (void)put_accepted("lost");
    (void)put_accepted("old", "newer");
    run();
    waiting.push_back(put("w1", "v", durability::durable));
    waiting.push_back(put("w2", "v", durability::durable));
    waiting.push_back(remove("old", durability::durable));
    flushed.emplace(flush());
  }
  void check_poisoned() {
    auto later = put_accepted("later");
    auto deleted = remove("old");
    auto later_flush = flush();
    auto s = ask_status();
    run();
    for (auto code : {later.code(), deleted.code(), later_flush.code()})
      BOOST_TEST(code == errc::poisoned);
    BOOST_TEST(s->state == "poisoned");
    BOOST_TEST(!s->cause.empty());
    BOOST_TEST(s->ops_in_flight == 0U);
    BOOST_TEST(s->requests_parked == 0U);
    // What was durable can still be read; what was not has vanished.
    BOOST_TEST(value_of("old") == "old value");
    for (const auto* name : {"lost", "w1", "w2", "later"}) BOOST_TEST(value_of(name) == "-");
    auto names = list();
    run();
    BOOST_TEST(names->blocks.size() == 1U);
  }
  void check_close_fails() {
    auto closed = ask_close();
    auto again = ask_close();
    run();
    BOOST_TEST(closed.code() != errc::none);
    BOOST_TEST(again.code() != errc::none);
    BOOST_TEST(rig->is_closed());
    peers = {};
    advance(1s);
    BOOST_TEST(running_actors() == 0U);
  }

  std::vector<answer<receipt>> waiting;
  std::optional<answer<void>> flushed;
};

void fail_device(failing& f, device_call call) {
  f.prepare();
  f.rig->fail_next(call, EIO);
  f.run();
  for (auto& w : f.waiting) {
    BOOST_TEST(w.code() == errc::io_error);
    BOOST_TEST(w.error().os_error == EIO);
    BOOST_TEST(w.error().detail == "injected fault");
  }
  BOOST_TEST(f.flushed->code() == errc::io_error);
  auto later = f.put_accepted("later");
  f.run();
  BOOST_TEST(later.error().os_error == EIO);
  BOOST_TEST(later.error().detail == "injected fault");
  const auto syncs = f.rig->count(device_call::sync);
  const auto writes = f.rig->count(device_call::write);
  f.check_poisoned();
  f.advance(1s);
  f.check_close_fails();
  // Never synced or written again.
  BOOST_TEST(f.rig->count(device_call::sync) == syncs);
  BOOST_TEST(f.rig->count(device_call::write) == writes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_FIXTURE_TEST_CASE(a_failed_sync_is_final, failing) { fail_device(*this, device_call::sync); }

BOOST_FIXTURE_TEST_CASE(a_failed_write_is_final, failing) {
  fail_device(*this, device_call::write);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_under_a_write_is_final, failing) {
  // Space was promised: ENOSPC at this point is a broken device.
  auto refused = put("k", "v", durability::durable);
  rig->fail_next(device_call::write, ENOSPC);
  run();
  // Not `no_space`, which says for certain that nothing was taken.
  BOOST_TEST(refused.code() == errc::io_error);
  BOOST_TEST(refused.error().os_error == ENOSPC);
  auto later = put_accepted("later");
  run();
  BOOST_TEST(later.code() == errc::poisoned);
  BOOST_TEST(later.error().os_error == ENOSPC);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_under_any_write_of_a_checkpoint_is_final, failing) {
  // Its pages, its manifest, and the superblock that names them.
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    (void)put_durable("k" + std::to_string(nth));
    auto checkpoint = ask_checkpoint();
    rig->fail_next(device_call::write, ENOSPC, nth);
    run();
    BOOST_TEST(checkpoint.code() == errc::io_error, "write " << nth);
    BOOST_TEST(status().state == "poisoned", "write " << nth);
    crash();
    open();
    for (std::uint64_t k = 1; k <= nth; ++k)
      BOOST_TEST(value_of("k" + std::to_string(k)) == "v", "write " << nth);
  }
}

BOOST_FIXTURE_TEST_CASE(what_a_failed_group_wrote_may_or_may_not_be_there_but_whole, failing) {
  for (std::uint64_t nth = 1; nth <= 2; ++nth) {
    (void)put_durable("base");
    for (int i = 0; i < 20; ++i) (void)put_accepted("g" + std::to_string(i), pattern(3000));
    run();
    rig->fail_next(device_call::write, EIO, nth);
    (void)flush();
    run();
    crash();
    open();
    BOOST_TEST(value_of("base") == "v");
    auto names = list("g");
    run();
    const auto count = names->blocks.size();
    BOOST_TEST((count == 0U || count == 20U));
    for (const auto& b : names->blocks) BOOST_TEST(value_of(b.name) == pattern(3000));
    for (const auto& b : names->blocks) (void)remove(b.name, durability::accepted);
    (void)flush();
    run();
  }
}

BOOST_FIXTURE_TEST_CASE(parked_requests_hear_of_the_failure_too, store_fixture) {
  options.credit.max_ops = 2;
  open();
  std::vector<answer<receipt>> all;
  for (int i = 0; i < 5; ++i) all.push_back(put("k" + std::to_string(i), "v", durability::durable));
  auto flushed = flush();
  rig->fail_next(device_call::sync, EIO, 1);
  run();
  std::size_t failed = 0;
  std::size_t refused = 0;
  for (auto& a : all) {
    failed += a.code() == errc::io_error ? 1 : 0;
    refused += a.code() == errc::poisoned ? 1 : 0;
  }
  BOOST_TEST(failed >= 1U);
  BOOST_TEST(failed + refused == 5U);
  BOOST_TEST(flushed.code() == errc::poisoned);
}

BOOST_FIXTURE_TEST_CASE(a_failed_growth_is_an_answer_and_not_the_end, failing) {
  (void)put_durable("k");
  rig->fail_next(device_call::allocate, EIO);
  auto big = put("big", std::string(32 * limits::mib, 'b'), durability::durable);
  run();
  BOOST_TEST(big.code() == errc::io_error);
  BOOST_TEST(big.error().name == "big");
  BOOST_TEST(status().state == "open");
  auto again = put("big", std::string(32 * limits::mib, 'b'), durability::durable);
  run();
  BOOST_TEST(again.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(an_error_of_closing_the_device_is_told, failing) {
  (void)put_durable("k");
  rig->fail_next(device_call::close, EIO);
  auto closed = ask_close();
  run();
  BOOST_TEST(closed.code() == errc::io_error);
}

BOOST_FIXTURE_TEST_CASE(a_failure_while_closing_fails_the_close_and_its_waiters, failing) {
  auto waiter = put("w", "v", durability::durable);
  auto pending = put_accepted("a");
  auto late_flush = flush();
  auto closed = ask_close();
  rig->fail_next(device_call::sync, EIO);
  run();
  BOOST_TEST(waiter.code() == errc::io_error);
  BOOST_TEST(pending.code() == errc::none);
  BOOST_TEST(late_flush.code() == errc::io_error);
  BOOST_TEST(closed.code() == errc::io_error);
  BOOST_TEST(rig->is_closed());
}

BOOST_FIXTURE_TEST_CASE(a_failure_of_the_last_superblock_fails_the_close, failing) {
  (void)put_durable("w");
  rig->fail_next(device_call::sync, EIO);
  auto closed = ask_close();
  run();
  BOOST_TEST(closed.code() == errc::io_error);
  peers = {};
  store = nullptr;
  advance(1s);
}

BOOST_FIXTURE_TEST_CASE(a_blocked_journal_that_no_checkpoint_shortens_is_the_end, store_fixture) {
  // A maintenance whose checkpoints find no space.
  open();
  const maintenance_actor no_checkpoints =
      det.system().spawn([]() -> maintenance_actor::behavior_type {
        return {
            [](const start_checkpoint&) -> caf::result<void> {
              return to_error(fail(errc::no_space, "for a checkpoint"));
            },
            [](const next_slice&) -> caf::result<void> { return caf::unit; },
            [](const start_compaction&) -> caf::result<compact_result> {
              return to_error(fail(errc::no_space, "to begin with"));
            },
            [](const compaction_step&) -> caf::result<void> { return caf::unit; },
        };
      });
  const auto registry = caf::actor_cast<registry_actor>(store);
  auto rewired = peers;
  rewired.maintenance = no_checkpoints;
  compat::anon_send(registry, std::move(rewired));

  // Short is not yet blocked: the store goes on without a checkpoint.
  compat::anon_send(registry, journal_short{false});
  run();
  BOOST_TEST(status().state == "open");
  (void)put_durable("old", "old value");

  auto waiting = put_accepted("lost");
  compat::anon_send(registry, journal_short{true});
  run();
  auto later = put_accepted("later");
  run();
  BOOST_TEST(waiting.code() == errc::none);
  BOOST_TEST(later.code() == errc::poisoned);
  BOOST_TEST(later.error().detail == "for a checkpoint");
  BOOST_TEST(value_of("old") == "old value");
  BOOST_TEST(value_of("lost") == "-");
}

// -- clients that die -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(clients_that_die_give_their_credit_back, store_fixture) {
  options.credit = {.max_ops = 3, .max_bytes = limits::mib};
  options.batch.max_delay = 1h;
  open();
  {
    // In flight, parked, a flush and a read behind them: none of these clients lives to hear its answer.
    std::vector<answer<receipt>> writes;
    for (int i = 0; i < 8; ++i)
      writes.push_back(put("k" + std::to_string(i), "v", durability::durable));
    auto flushed = flush();
    auto read = get("k7");
    (void)det.run_steps(6);
  }
  run();
  const auto s = status();
  BOOST_TEST(s.state == "open");
  BOOST_TEST(s.ops_in_flight == 0U);
  BOOST_TEST(s.bytes_in_flight == 0U);
  BOOST_TEST(s.requests_parked == 0U);
  // What a client sent before it died takes effect all the same.
  for (int i = 0; i < 8; ++i) BOOST_TEST(value_of("k" + std::to_string(i)) == "v");
  BOOST_TEST(put_durable("next") > recovered_version);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_of_a_client_that_dies_is_whole_or_absent, store_fixture) {
  options.batch.max_delay = 1h;
  open();
  for (std::size_t steps = 0; steps < 30; ++steps) {
    const auto n = std::to_string(steps);
    {
      auto done = commit(transaction{}.put("a" + n, payload{"v"}).put("b" + n, payload{"v"}),
                         durability::durable);
      (void)det.run_steps(steps);
    }
    if (steps % 3 == 0) {
      crash();
      open();
    }
    run();
    BOOST_TEST(value_of("a" + n) == value_of("b" + n));
  }
}

// -- actors that die --------------------------------------------------------------------------------

namespace {

using pick = std::function<caf::actor(const store_fixture&)>;

const std::vector<std::pair<std::string, pick>> victims{
    {"registry", [](const auto& f) { return caf::actor_cast<caf::actor>(f.store); }},
    {"writer", [](const auto& f) { return caf::actor_cast<caf::actor>(f.peers.writer); }},
    {"allocator", [](const auto& f) { return caf::actor_cast<caf::actor>(f.peers.allocator); }},
    {"disk", [](const auto& f) { return caf::actor_cast<caf::actor>(f.peers.disk); }},
    {"maintenance", [](const auto& f) { return caf::actor_cast<caf::actor>(f.peers.maintenance); }},
    {"reader", [](const auto& f) { return caf::actor_cast<caf::actor>(f.peers.readers.front()); }},
};

/// Requests of all kinds, some in flight, some parked; then the victim dies after so many steps.
void kill_one(const std::string& role, const pick& victim, std::size_t steps) {
  BOOST_TEST_CONTEXT("victim " << role << " after " << steps << " steps") {
    store_fixture f;
    f.options.credit.max_ops = 6;
    f.open();
    (void)f.put_durable("old", "old value");
    std::vector<answer<receipt>> writes;
    std::vector<answer<block_value>> reads;
    std::vector<answer<void>> flushes;
    for (int i = 0; i < 12; ++i) {
      writes.push_back(f.put("k" + std::to_string(i), "v",
                             i % 3 == 0 ? durability::accepted : durability::durable));
      reads.push_back(f.get("old"));
      if (i % 4 == 0) flushes.push_back(f.flush());
    }
    (void)f.det.run_steps(steps);
    caf::anon_send_exit(victim(f), caf::exit_reason::kill);
    for (int i = 0; i < 3; ++i)
      writes.push_back(f.put("late" + std::to_string(i), "v", durability::durable));
    auto s = f.ask_status();
    f.run();
    f.advance(1s);
    for (auto& w : writes) BOOST_TEST(w.arrived());
    for (auto& r : reads) BOOST_TEST(r.arrived());
    for (auto& x : flushes) BOOST_TEST(x.arrived());
    BOOST_TEST(s.arrived());
    // In flight when the actor died: it may be durable, so no answer may call it refused for good.
    for (std::size_t i = 0; i < 12; ++i)
      if (!writes[i].get() && role != "registry") BOOST_TEST(writes[i].code() != errc::closed);
    // Success means what it says.
    std::vector<std::string> acknowledged;
    for (std::size_t i = 0; i < 12; ++i)
      if (writes[i].get() && writes[i]->reached == durability::durable)
        acknowledged.push_back("k" + std::to_string(i));
    auto after = f.put("after", "v", durability::durable);
    f.run();
    BOOST_TEST(after.arrived());
    BOOST_TEST(after.code() != errc::none);
    auto closed = f.ask_close();
    f.run();
    BOOST_TEST(closed.arrived());
    BOOST_TEST(closed.code() != errc::none);
    f.peers = {};
    f.advance(1s);
    BOOST_TEST(f.running_actors() == 0U);
    f.crash();
    f.open();
    BOOST_TEST(!f.was_clean);
    BOOST_TEST(f.value_of("old") == "old value");
    for (const auto& name : acknowledged) BOOST_TEST(f.value_of(name) == "v");
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(whichever_actor_dies_the_store_fails_stop_and_answers_everyone) {
  for (const auto& [role, victim] : victims)
    for (const std::size_t steps : {0U, 1U, 5U, 10U, 20U, 30U, 45U, 60U, 80U, 110U, 150U, 1000U})
      kill_one(role, victim, steps);
}

BOOST_AUTO_TEST_CASE(an_actor_that_dies_while_the_store_closes_does_not_hang_it) {
  for (const auto& [role, victim] : victims) {
    for (const std::size_t steps : {0U, 2U, 4U, 8U, 12U, 16U, 24U, 32U}) {
      BOOST_TEST_CONTEXT("victim " << role << " after " << steps << " steps") {
        store_fixture f;
        f.open();
        auto waiting = f.put("k", "v", durability::durable);
        auto closed = f.ask_close();
        (void)f.det.run_steps(steps);
        caf::anon_send_exit(victim(f), caf::exit_reason::kill);
        f.run();
        f.advance(1s);
        BOOST_TEST(waiting.arrived());
        BOOST_TEST(closed.arrived());
        if (!waiting.get() && role != "registry") BOOST_TEST(waiting.code() != errc::closed);
        f.peers = {};
        f.store = nullptr;
        f.run();
        f.advance(1s);
        BOOST_TEST(f.running_actors() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
