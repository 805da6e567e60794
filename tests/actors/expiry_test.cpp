// Blocks that expire: from that moment on nobody sees them, and later they are removed.
#include <stowage/actors/random_identity.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <cerrno>
#include <functional>
#include <set>

using namespace stowage;
using namespace stowage::test;

namespace {

struct expiring : store_fixture {
  expiring() { open(); }

  [[nodiscard]] std::uint64_t in(std::chrono::milliseconds life) const {
    return wall_ms() + static_cast<std::uint64_t>(life.count());
  }
  /// Time passes for expiry alone: what waits for a timer goes on waiting.
  void pass_on_the_wall(std::chrono::milliseconds by) { wall += by; }

  void check_absent(const std::string& name) {
    auto got = get(name);
    auto there = exists(name);
    auto about = stat(name);
    auto names = list();
    auto gone = remove(name, durability::accepted);
    auto conditional = put(name, "never", durability::accepted, version{1});
    run();
    BOOST_TEST(got.code() == errc::not_found);
    BOOST_TEST(got.error().name == name);
    BOOST_TEST(!*there);
    BOOST_TEST(about.code() == errc::not_found);
    for (const auto& b : names->blocks) BOOST_TEST(b.name != name);
    BOOST_TEST(gone.code() == errc::not_found);
    BOOST_TEST(conditional.code() == errc::conflict);
    BOOST_TEST(conditional.error().actual == version{});
  }
  void check_open() {
    const auto s = status();
    BOOST_TEST_REQUIRE(s.state == "open", s.cause);
  }
};

payload text(std::string t) { return payload{std::move(t)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(expiry_suite)

// -- what is seen -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_durable_block_is_there_until_its_time, expiring) {
  (void)put_durable_for(1000ms, "k", "value");
  (void)put_durable("other");
  pass_on_the_wall(999ms);
  BOOST_TEST(value_of("k") == "value");
  pass_on_the_wall(1ms);
  check_absent("k");
  BOOST_TEST(value_of("other") == "v");
}

BOOST_FIXTURE_TEST_CASE(so_is_one_that_is_only_accepted, expiring) {
  (void)put_until(in(10ms), "k", "value", durability::accepted);
  run();
  pass_on_the_wall(9ms);
  BOOST_TEST(value_of("k") == "value");
  BOOST_TEST(status().ops_in_flight == 1U);
  pass_on_the_wall(1ms);
  check_absent("k");
}

BOOST_FIXTURE_TEST_CASE(answers_tell_when, expiring) {
  const auto at = in(1h);
  for (const bool durable : {false, true}) {
    (void)put_until(at, "k", "value", durable ? durability::durable : durability::accepted);
    run();
    auto got = get("k");
    auto part = get("k", 1, 2);
    auto about = stat("k");
    auto all = list();
    run();
    BOOST_TEST(got->expires_at_ms == at);
    BOOST_TEST(part->expires_at_ms == at);
    BOOST_TEST(about->expires_at_ms == at);
    BOOST_TEST_REQUIRE(all->blocks.size() == 1U);
    BOOST_TEST((all->blocks.front() == *about));
  }
  (void)put_durable("plain");
  auto got = get("plain");
  run();
  BOOST_TEST(got->expires_at_ms == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_expectation_of_absence_holds_when_it_has_expired, expiring) {
  const auto old = put_durable_for(1s, "k", "old");
  auto too_early = put("k", "new", durability::accepted, version{});
  run();
  BOOST_TEST(too_early.code() == errc::conflict);
  BOOST_TEST(too_early.error().actual == old);
  pass_on_the_wall(1s);
  auto stale = commit(transaction{}.expect("k", old).put("x", text("1")));
  auto holds = commit(transaction{}.expect_absent("k").put("k", text("new")));
  run();
  BOOST_TEST(stale.code() == errc::conflict);
  BOOST_TEST(stale.error().expected == old);
  BOOST_TEST(stale.error().actual == version{});
  BOOST_TEST(holds.code() == errc::none);
  BOOST_TEST(value_of("k") == "new");
  advance(1h);
  BOOST_TEST(value_of("k") == "new");
  BOOST_TEST(status().blocks_expired == 0U);
}

BOOST_FIXTURE_TEST_CASE(writes_of_a_transaction_and_of_many_expire_each_by_itself, expiring) {
  auto whole = commit(transaction{}.put("t1", text("1"), in(1s)).put("t2", text("2")).remove("t3"));
  std::vector<single_write> writes;
  writes.push_back({"m1", text("1"), false, {}, in(1s)});
  writes.push_back({"m2", text("2"), false, {}, in(2s)});
  // A delete has no value, and no time.
  writes.push_back({"m2", text("2"), true, {}, in(3s)});
  writes.push_back({"m3", text("3"), false, {}, in(2s)});
  auto many = put_many(std::move(writes));
  run();
  BOOST_TEST(whole.code() == errc::none);
  BOOST_TEST(many->failures.empty());
  BOOST_TEST(value_of("t1") == "1");
  BOOST_TEST(value_of("m3") == "3");
  pass_on_the_wall(1s);
  BOOST_TEST(value_of("t1") == "-");
  BOOST_TEST(value_of("t2") == "2");
  BOOST_TEST(value_of("m1") == "-");
  BOOST_TEST(value_of("m2") == "-");
  BOOST_TEST(value_of("m3") == "3");
  crash();
  open();
  BOOST_TEST(
      (contents() == std::vector<std::pair<std::string, std::string>>{{"m3", "3"}, {"t2", "2"}}));
}

BOOST_FIXTURE_TEST_CASE(a_plain_put_makes_it_one_that_stays, expiring) {
  for (const bool durable : {false, true}) {
    auto first = put_until(in(1s), "k", "old", durability::accepted);
    if (durable) advance(50ms);
    (void)put_durable("k", "new");
    advance(1h);
    BOOST_TEST(value_of("k") == "new");
    auto got = get("k");
    run();
    BOOST_TEST(got->expires_at_ms == 0U);
    BOOST_TEST(status().blocks_expiring == 0U);
  }
}

BOOST_FIXTURE_TEST_CASE(one_whose_time_has_passed_already_is_accepted_and_absent, expiring) {
  (void)put_durable("k", "old");
  auto past = put_until(1, "k", "value", durability::durable);
  run();
  BOOST_TEST((past->reached == durability::durable));
  check_absent("k");
  advance(1s);
  BOOST_TEST(status().blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_list_goes_on_behind_what_has_expired, expiring) {
  for (int i = 0; i < 10; ++i)
    (void)put_until(i % 2 == 0 ? in(1s) : 0, "k" + std::to_string(i), "v", durability::accepted);
  advance(50ms);
  (void)put_until(in(1ms), "k91", "v", durability::accepted);
  (void)put_until(in(1h), "k92", "v", durability::accepted);
  run();
  pass_on_the_wall(1s);
  auto first = list("k", {}, 3);
  auto rest = list("k", "k5", 3);
  run();
  const auto names = [](const block_list& l) {
    std::string all;
    for (const auto& b : l.blocks) all += b.name + " ";
    return all + (l.more ? "..." : ".");
  };
  BOOST_TEST(names(*first) == "k1 k3 k5 ...");
  BOOST_TEST(names(*rest) == "k7 k9 k92 .");
}

BOOST_FIXTURE_TEST_CASE(a_wall_clock_that_is_set_back_shows_what_is_not_removed_yet, expiring) {
  // The one thing wall time decides: which blocks are there now.
  (void)put_until(in(1s), "k", "value", durability::accepted);
  run();
  pass_on_the_wall(2s);
  BOOST_TEST(value_of("k") == "-");
  wall -= 2s;
  BOOST_TEST(value_of("k") == "value");
}

// -- what is removed --------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(it_is_removed_by_a_delete_that_is_durable, expiring) {
  (void)put_durable_for(1s, "k", pattern(100'000));
  (void)put_durable("other");
  auto s = status();
  BOOST_TEST(s.blocks == 2U);
  BOOST_TEST(s.blocks_expiring == 1U);
  advance(999ms);
  BOOST_TEST(status().blocks == 2U);
  advance(1ms);
  advance(50ms);
  s = status();
  BOOST_TEST(s.blocks == 1U);
  BOOST_TEST(s.blocks_expiring == 0U);
  BOOST_TEST(s.blocks_expired == 1U);
  BOOST_TEST(s.value_bytes == 1U);
  // Nobody asked for that op.
  BOOST_TEST(s.ops_accepted == 2U);
  BOOST_TEST(s.durable_version == s.last_version);
  // By a clock that is wrong it would be there.
  wall -= 1h;
  crash();
  open();
  BOOST_TEST(value_of("k") == "-");
  BOOST_TEST(status().blocks == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_next_in_time_is_waited_for_whatever_order_they_came_in, expiring) {
  (void)put_durable_for(3s, "c");
  (void)put_durable_for(1s, "a");
  (void)put_durable_for(2s, "b");
  for (std::uint64_t gone = 1; gone <= 3; ++gone) {
    advance(1s);
    advance(50ms);
    BOOST_TEST(status().blocks_expired == gone);
    BOOST_TEST(status().blocks == 3U - gone);
  }
}

BOOST_FIXTURE_TEST_CASE(many_go_in_slices_and_clients_keep_their_credit, store_fixture) {
  options.credit = {.max_ops = 100, .max_bytes = limits::mib};
  open();
  constexpr std::uint64_t count = 1000;
  std::vector<single_write> writes;
  for (std::uint64_t i = 0; i < count; ++i)
    writes.push_back({"k" + std::to_string(i), text("v"), false, {}, wall_ms() + 1000});
  auto many = put_many(std::move(writes));
  run();
  BOOST_TEST(many->failures.empty());
  // At each sync there is.
  std::set<std::uint64_t> removed;
  const std::function<void()> look = [&] {
    removed.insert(status().blocks_expired);
    // All of them are gone for clients, who have the credit for themselves.
    BOOST_TEST(status().ops_in_flight <= 2U);
    auto names = list("k");
    auto mine = send(put_request{"mine", text("v"), durability::accepted, {}, false});
    auto mine_gone = remove("mine", durability::durable);
    (void)det.run_steps(20);
    BOOST_TEST(names->blocks.empty());
    BOOST_TEST(mine.code() == errc::none);
    rig->meanwhile(device_call::sync, removed.size() < 4 ? look : std::function<void()>{});
  };
  rig->meanwhile(device_call::sync, look);
  advance(1s);
  BOOST_TEST(removed == (std::set<std::uint64_t>{256, 512, 768, 1000}),
             boost::test_tools::per_element());
  BOOST_TEST(status().blocks_expired == count);
  advance(50ms);
  BOOST_TEST(status().blocks == 0U);
  crash();
  open();
  BOOST_TEST(status().blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_newer_write_that_is_on_its_way_is_not_removed, expiring) {
  (void)put_durable_for(1s, "k", "old");
  (void)put_durable_for(1s, "deleted");
  advance(999ms);
  (void)put_accepted("k", "new");
  (void)remove("deleted", durability::accepted);
  run();
  // The time comes while the newer ones wait for their batch to close.
  advance(1ms);
  BOOST_TEST(status().ops_in_flight == 2U);
  BOOST_TEST(status().blocks_expired == 0U);
  advance(50ms);
  advance(1h);
  BOOST_TEST(value_of("k") == "new");
  BOOST_TEST(status().blocks_expired == 0U);
  crash();
  open();
  BOOST_TEST((contents() == std::vector<std::pair<std::string, std::string>>{{"k", "new"}}));
}

BOOST_FIXTURE_TEST_CASE(a_write_that_comes_while_it_is_removed_stays, expiring) {
  (void)put_durable_for(1s, "k", "old");
  // Accepted, and at the disk.
  bool at_the_disk = false;
  rig->meanwhile(device_call::sync, [&] {
    at_the_disk = status().blocks_expired == 1;
    (void)put_accepted("k", "new");
    BOOST_TEST(value_of("k") == "new");
  });
  advance(1s);
  advance(50ms);
  BOOST_TEST(at_the_disk);
  BOOST_TEST(value_of("k") == "new");
  advance(50ms);
  crash();
  open();
  BOOST_TEST(value_of("k") == "new");
}

BOOST_FIXTURE_TEST_CASE(a_read_under_way_gets_what_it_began_with, expiring) {
  (void)put_durable_for(1s, "k", pattern(100'000));
  std::optional<answer<block_value>> late;
  rig->meanwhile(device_call::read, [&] {
    advance(1s);
    advance(50ms);
    BOOST_TEST(status().blocks == 0U);
    // Its pages are not written to meanwhile.
    for (int i = 0; i < 10; ++i) (void)put_durable("other", pattern(100'000, 7));
    late.emplace(get("k"));
  });
  auto got = get("k");
  run();
  BOOST_TEST((got->value.text() == pattern(100'000)));
  BOOST_TEST(late->code() == errc::not_found);
}

BOOST_FIXTURE_TEST_CASE(a_wall_clock_that_jumps_is_noticed, expiring) {
  (void)put_durable_for(10h, "k");
  (void)put_durable_for(20h, "later");
  pass_on_the_wall(10h);
  BOOST_TEST(value_of("k") == "-");
  // No timer is longer than a minute.
  advance(60s);
  advance(50ms);
  BOOST_TEST(status().blocks_expired == 1U);
  // And back: what is left waits for its time.
  wall -= 5h;
  for (int minute = 0; minute < 14 * 60; ++minute) advance(60s);
  BOOST_TEST(value_of("later") == "v");
  for (int minute = 0; minute < 61; ++minute) advance(60s);
  BOOST_TEST(status().blocks == 0U);
}

// -- other lives ------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(it_is_kept_by_a_close_a_crash_and_a_checkpoint, expiring) {
  const auto at = in(1h);
  (void)put_until(at, "k", "value", durability::durable);
  (void)put_until(in(30min), "sooner", "value", durability::durable);
  run();
  const auto check = [&] {
    auto about = stat("k");
    run();
    BOOST_TEST(about->expires_at_ms == at);
    BOOST_TEST(status().blocks_expiring == 2U);
  };
  crash();
  open();
  check();
  auto checkpointed = ask_checkpoint();
  run();
  BOOST_TEST(checkpointed.code() == errc::none);
  crash();
  open();
  check();
  close();
  open();
  check();
  pass_on_the_wall(30min);
  BOOST_TEST(value_of("sooner") == "-");
  BOOST_TEST(value_of("k") == "value");
  for (int minute = 0; minute < 2; ++minute) advance(60s);
  BOOST_TEST(status().blocks == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_expired_between_two_lives_is_absent_at_once_and_removed, expiring) {
  for (const bool crashed : {false, true}) {
    (void)put_durable_for(1h, "k");
    (void)put_durable_for(3h, "stays");
    if (crashed)
      crash();
    else
      close();
    pass_on_the_wall(2h);
    open();
    BOOST_TEST(value_of("k") == "-");
    BOOST_TEST(value_of("stays") == "v");
    // Without anybody's asking.
    advance(50ms);
    BOOST_TEST(status().blocks == 1U);
    BOOST_TEST(status().blocks_expired == 1U);
    BOOST_TEST(recovered_version < status().last_version);
  }
}

BOOST_FIXTURE_TEST_CASE(a_removal_that_was_lost_is_done_again, expiring) {
  (void)put_durable_for(1s, "k");
  advance(1s);
  BOOST_TEST(status().blocks_expired == 1U);
  BOOST_TEST(status().blocks == 1U);
  crash();
  open();
  BOOST_TEST(value_of("k") == "-");
  advance(50ms);
  BOOST_TEST(status().blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(compaction_keeps_it_and_does_not_bring_a_block_back, expiring) {
  const auto at = in(1h);
  for (int i = 0; i < 1500; ++i) {
    const bool stays = i % 10 == 0;
    (void)put_until(stays ? at : 0, "k" + std::to_string(i),
                    pattern(20'000, static_cast<unsigned>(i)), durability::accepted);
    if (i % 200 == 199) run();
  }
  auto flushed = flush();
  run();
  for (int i = 0; i < 1500; ++i)
    if (i % 10 != 0) (void)remove("k" + std::to_string(i), durability::accepted);
  flushed = flush();
  run();
  const auto done = compact();
  BOOST_TEST(done.blocks_moved > 50U);
  auto all = list();
  run();
  BOOST_TEST(all->blocks.size() == 150U);
  for (const auto& b : all->blocks) BOOST_TEST(b.expires_at_ms == at);
  BOOST_TEST(status().blocks_expiring == 150U);
  // Their time comes in the middle of the next one.
  for (int i = 0; i < 50; ++i) (void)put_durable("new" + std::to_string(i), pattern(20'000, 1));
  auto compacted = ask_compact();
  (void)det.run_steps(30);
  pass_on_the_wall(1h);
  for (int i = 0; i < 100; ++i) advance(1s);
  run();
  BOOST_TEST(compacted.arrived());
  check_open();
  BOOST_TEST(status().blocks == 50U);
  crash();
  open();
  BOOST_TEST(status().blocks == 50U);
}

BOOST_FIXTURE_TEST_CASE(a_backup_keeps_it, expiring) {
  const auto at = in(1h);
  (void)put_until(at, "k", "value", durability::durable);
  run();
  const temporary_directory directory;
  auto done = ask_backup(directory / "copy");
  run();
  BOOST_TEST(done->blocks == 1U);
  auto device = open_posix_device(directory / "copy", open_mode::read_only);
  BOOST_REQUIRE(device.ok());
  const auto state = recover(**device, store_access::read_only);
  BOOST_REQUIRE(state.ok());
  BOOST_TEST(state->index.find("k")->expires_at_ms() == at);
  BOOST_TEST(state->index.expiring().size() == 1U);
}

// -- when nothing is removed ------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_store_that_has_failed_removes_nothing, expiring) {
  (void)put_durable_for(1s, "k");
  (void)put_durable_for(1h, "later");
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("lost", "v", durability::durable);
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  const auto writes = rig->count(device_call::write);
  advance(1s);
  advance(60s);
  const auto s = status();
  BOOST_TEST(s.state == "poisoned");
  BOOST_TEST(s.blocks == 2U);
  BOOST_TEST(s.blocks_expired == 0U);
  BOOST_TEST(value_of("k") == "-");
  BOOST_TEST(value_of("later") == "v");
  BOOST_TEST(rig->count(device_call::write) == writes);
}

BOOST_FIXTURE_TEST_CASE(a_failure_under_a_removal_is_final_and_shows_nothing_again, expiring) {
  (void)put_durable_for(1s, "k");
  advance(1s);
  rig->fail_next(device_call::sync, EIO);
  advance(50ms);
  BOOST_TEST(status().state == "poisoned");
  BOOST_TEST(value_of("k") == "-");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_closes_removes_nothing_more, expiring) {
  (void)put_durable_for(1s, "k");
  (void)put_durable_for(2s, "later");
  const auto last = status().last_version;
  pass_on_the_wall(1h);
  // Whatever becomes durable meanwhile.
  auto more = put_accepted("more");
  close();
  BOOST_TEST(more->ver == last.next());
  open();
  BOOST_TEST(recovered_version == last.next());
  BOOST_TEST(value_of("k") == "-");
}

BOOST_FIXTURE_TEST_CASE(what_will_expire_does_not_keep_a_closed_store_alive, store_fixture) {
  options.device = device_kind::memory;
  auto image = std::make_unique<memory_device>();
  BOOST_REQUIRE(create_store(*image, random_identity()).ok());
  auto recovered = recover(*image, store_access::read_write);
  BOOST_REQUIRE(recovered.ok());
  const auto alive = std::make_shared<int>(0);
  auto other = spawn_store(det.system(), options, std::move(image), std::move(*recovered), 1,
                           threading::scheduled, [alive] { return std::uint64_t{1}; });
  put_request request{"k", {}, durability::durable, {}};
  request.expires_at_ms = 3'600'000;
  compat::anon_send(other, std::move(request));
  run();
  BOOST_TEST(alive.use_count() > 1);
  compat::anon_send(other, close_request{});
  other = nullptr;
  run();
  // No time has passed.
  BOOST_TEST(alive.use_count() == 1);
  BOOST_TEST(running_actors() == 0U);
}

// Holds the disk in the middle of a message. The fixture of CAF 1.x would hand it the next one meanwhile.
#if CAF_MAJOR_VERSION < 1
BOOST_FIXTURE_TEST_CASE(a_write_that_waits_for_space_is_not_kept_waiting, expiring) {
  (void)put_durable_for(1s, "k");
  const auto last = status().last_version;
  bool waited = false;
  rig->meanwhile(device_call::allocate, [&] {
    advance(1s);
    const auto s = status();
    waited = s.requests_parked == 1;
    BOOST_TEST(s.blocks_expired == 0U);
    BOOST_TEST(s.last_version == last);
  });
  auto large = put("large", pattern(40 * limits::mib), durability::durable);
  run();
  BOOST_TEST(waited);
  BOOST_TEST(large.code() == errc::none);
  // Then it goes on.
  advance(50ms);
  BOOST_TEST(status().blocks_expired == 1U);
  BOOST_TEST(status().blocks == 1U);
}
#endif

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_what_expires_makes_room, store_fixture) {
  capacity = 24 * limits::mib;
  open();
  int taken = 0;
  for (errc last = errc::none; last == errc::none; ++taken) {
    auto done = put_until(wall_ms() + 1000, "k" + std::to_string(taken), pattern(limits::mib),
                          durability::durable);
    run();
    last = done.code();
    BOOST_TEST_REQUIRE((last == errc::none || last == errc::no_space));
    BOOST_TEST_REQUIRE(taken < 24);
  }
  advance(1s);
  advance(50ms);
  BOOST_TEST(status().blocks == 0U);
  auto again = put("again", pattern(8 * limits::mib), durability::durable);
  run();
  BOOST_TEST(again.code() == errc::none);
}

BOOST_AUTO_TEST_SUITE_END()
