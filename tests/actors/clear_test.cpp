// CLEAR: one op after which nothing older is there, for readers at once, and for good when it is durable.
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <cerrno>
#include <random>

using namespace stowage;
using namespace stowage::test;

namespace {

using contents_list = std::vector<std::pair<std::string, std::string>>;

struct clearing : store_fixture {
  clearing() { open(); }

  void check_empty() {
    BOOST_TEST(contents().empty());
    for (const auto* name : {"a", "b"}) {
      auto there = exists(name);
      auto about = stat(name);
      auto gone = remove(name, durability::accepted);
      auto conditional = put(name, "never", durability::accepted, version{1});
      run();
      BOOST_TEST(value_of(name) == "-");
      BOOST_TEST(!*there);
      BOOST_TEST(about.code() == errc::not_found);
      BOOST_TEST(gone.code() == errc::not_found);
      BOOST_TEST(conditional.error().actual == version{});
    }
  }
};

/// Three ops of credit, and batches that never close by themselves.
struct little_credit : store_fixture {
  little_credit() {
    options.credit = {.max_ops = 3, .max_bytes = limits::mib};
    options.batch.max_delay = 1h;
    open();
  }
};

payload text(std::string t) { return payload{std::move(t)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(clears)

// -- what is seen -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(everything_is_gone_at_once, clearing) {
  (void)put_durable("a", "durable");
  (void)put_durable("c", pattern(100'000));
  (void)put_accepted("b", "accepted");
  (void)put_until(wall_ms() + 1000, "d", "expires", durability::accepted);
  auto cleared = clear(durability::accepted);
  run();
  BOOST_TEST((cleared->reached == durability::accepted));
  BOOST_TEST(cleared->ver == status().last_version);
  BOOST_TEST(rig->count(device_call::sync) == 2U);
  check_empty();
  advance(50ms);
  check_empty();
  const auto s = status();
  BOOST_TEST(s.blocks == 0U);
  BOOST_TEST(s.value_bytes == 0U);
  BOOST_TEST(s.blocks_expiring == 0U);
  BOOST_TEST(s.ops_accepted == 5U);
  BOOST_TEST(s.ops_in_flight == 0U);
  crash();
  open();
  check_empty();
}

BOOST_FIXTURE_TEST_CASE(a_durable_one_is_answered_when_it_is, clearing) {
  (void)put_durable("a");
  std::optional<bool> early;
  auto cleared = clear(durability::durable);
  rig->meanwhile(device_call::sync, [&] { early = cleared.arrived(); });
  run();
  BOOST_TEST((early == false));
  BOOST_TEST((cleared->reached == durability::durable));
  BOOST_TEST(status().blocks == 0U);
  // As the store is configured, where nothing is said.
  auto again = clear();
  run();
  BOOST_TEST((again->reached == durability::durable));
  BOOST_TEST(again->ver == cleared->ver.next());
}

BOOST_FIXTURE_TEST_CASE(what_comes_after_it_in_one_batch_stays, clearing) {
  (void)put_durable("a", "durable");
  auto before = put_accepted("b", "before");
  auto cleared = clear(durability::accepted);
  auto after = put_accepted("b", "after");
  (void)put_accepted("c", "after");
  (void)remove("c", durability::accepted);
  (void)put_accepted("d", "after");
  run();
  BOOST_TEST(before->ver < cleared->ver);
  BOOST_TEST(cleared->ver < after->ver);
  const contents_list expected{{"b", "after"}, {"d", "after"}};
  BOOST_TEST((contents() == expected));
  BOOST_TEST(value_of("a") == "-");
  const auto groups = status().groups;
  advance(50ms);
  BOOST_TEST(status().groups == groups + 1);
  BOOST_TEST((contents() == expected));
  BOOST_TEST(status().blocks == 2U);
  crash();
  open();
  BOOST_TEST((contents() == expected));
}

BOOST_FIXTURE_TEST_CASE(and_across_groups, clearing) {
  (void)put_durable("a", "durable");
  (void)put_durable("b", "durable");
  const contents_list expected{{"b", "after"}};
  std::vector<contents_list> seen;
  // The write before it becomes durable while it waits; then it does, while the one after it waits.
  rig->meanwhile(device_call::sync, [&] {
    (void)clear(durability::accepted);
    (void)put_accepted("b", "after");
    seen.push_back(contents());
  });
  (void)put_durable("a", "before");
  seen.push_back(contents());
  BOOST_TEST(status().ops_in_flight == 2U);
  advance(50ms);
  seen.push_back(contents());
  for (const auto& s : seen) BOOST_TEST((s == expected));
  crash();
  open();
  BOOST_TEST((contents() == expected));
}

BOOST_FIXTURE_TEST_CASE(each_step_on_the_way_to_the_disk_shows_the_same, store_fixture) {
  options.batch.max_ops = 1;
  std::size_t before_it_was_durable = 0;
  for (std::size_t steps = 0; steps < 80; ++steps) {
    open();
    (void)put_durable("a", "durable");
    (void)put_accepted("a", "before");
    (void)put_accepted("b", "before");
    (void)clear(durability::accepted);
    (void)put_accepted("c", "between");
    (void)clear(durability::accepted);
    (void)put_accepted("b", "after");
    auto last = put("d", "after", durability::durable);
    (void)det.run_steps(steps);
    if (!last.arrived()) ++before_it_was_durable;
    auto a = get("a");
    auto b = get("b");
    auto c = exists("c");
    auto all = list();
    run();
    BOOST_TEST(a.code() == errc::not_found);
    BOOST_TEST(b->value.text() == "after");
    BOOST_TEST(!*c);
    BOOST_TEST(all->blocks.size() == 2U);
    BOOST_TEST((contents() == contents_list{{"b", "after"}, {"d", "after"}}));
    auto gone = clear();
    run();
    close();
  }
  BOOST_TEST(before_it_was_durable > 10U);
  BOOST_TEST(before_it_was_durable < 80U);
}

BOOST_FIXTURE_TEST_CASE(expectations_see_it, clearing) {
  const auto a = put_durable("a");
  auto accepted = put_accepted("b");
  auto cleared = clear(durability::accepted);
  auto stale = commit(transaction{}.expect("a", a).put("c", text("1")), durability::accepted);
  auto holds = commit(transaction{}.expect_absent("a").expect_absent("b").put("c", text("2")),
                      durability::accepted);
  auto again = put("a", "new", durability::accepted, version{});
  run();
  BOOST_TEST(stale.code() == errc::conflict);
  BOOST_TEST(stale.error().actual == version{});
  BOOST_TEST(holds.code() == errc::none);
  BOOST_TEST(again.code() == errc::none);
  BOOST_TEST(accepted->ver < cleared->ver);
  advance(50ms);
  BOOST_TEST((contents() == contents_list{{"a", "new"}, {"c", "2"}}));
}

BOOST_FIXTURE_TEST_CASE(an_empty_store_may_be_cleared, clearing) {
  auto first = clear();
  auto second = clear();
  run();
  BOOST_TEST(first->ver < second->ver);
  close();
  open();
  BOOST_TEST(was_clean);
  BOOST_TEST(recovered_version == second->ver);
  BOOST_TEST(contents().empty());
}

BOOST_FIXTURE_TEST_CASE(a_read_under_way_gets_what_it_began_with, clearing) {
  (void)put_durable("a", pattern(100'000));
  std::optional<answer<block_value>> late;
  rig->meanwhile(device_call::read, [&] {
    auto cleared = clear(durability::durable);
    run();
    BOOST_TEST(cleared.code() == errc::none);
    for (int i = 0; i < 10; ++i) (void)put_durable("other", pattern(100'000, 7));
    late.emplace(get("a"));
  });
  auto got = get("a");
  run();
  BOOST_TEST((got->value.text() == pattern(100'000)));
  BOOST_TEST(late->code() == errc::not_found);
}

// -- turn and credit --------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(it_takes_its_turn_and_what_is_sent_after_it_comes_after_it, little_credit) {
  (void)put_durable("old");
  std::optional<answer<receipt>> cleared;
  std::optional<answer<block_value>> read_before;
  std::optional<answer<block_value>> read_after;
  std::optional<answer<block_list>> list_after;
  std::optional<answer<bool>> other_prefix;
  std::optional<answer<receipt>> put_after;
  rig->meanwhile(device_call::sync, [&] {
    // The credit is used up: it waits, and with it every read, of whatever block.
    read_before.emplace(get("old"));
    cleared.emplace(clear(durability::accepted));
    read_after.emplace(get("old"));
    list_after.emplace(list("o"));
    other_prefix.emplace(exists("k0"));
    put_after.emplace(put_accepted("after"));
    run();
    BOOST_TEST(read_before->get().ok());
    BOOST_TEST(!cleared->arrived());
    BOOST_TEST(!read_after->arrived());
    BOOST_TEST(!list_after->arrived());
    BOOST_TEST(!other_prefix->arrived());
    BOOST_TEST(status().requests_parked == 6U);
  });
  for (int i = 0; i < 4; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(cleared->code() == errc::none);
  BOOST_TEST(read_after->code() == errc::not_found);
  BOOST_TEST((*list_after)->blocks.empty());
  BOOST_TEST(!**other_prefix);
  BOOST_TEST(put_after->code() == errc::none);
  // Reads do not wait any more.
  BOOST_TEST((contents() == contents_list{{"after", "v"}}));
  BOOST_TEST(status().requests_parked == 0U);
}

BOOST_FIXTURE_TEST_CASE(where_it_does_not_want_to_wait_it_is_refused, little_credit) {
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i));
  auto refused = send(clear_request{durability::accepted, false});
  run();
  BOOST_TEST(refused.code() == errc::overloaded);
  BOOST_TEST(contents().size() == 3U);
  BOOST_TEST(status().ops_rejected == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_flush_covers_it, clearing) {
  (void)put_durable("a");
  (void)clear(durability::accepted);
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  crash();
  open();
  BOOST_TEST(contents().empty());
}

BOOST_FIXTURE_TEST_CASE(a_close_makes_it_durable, clearing) {
  (void)put_durable("a");
  (void)clear(durability::accepted);
  (void)put_accepted("b");
  close();
  open();
  BOOST_TEST(was_clean);
  BOOST_TEST((contents() == contents_list{{"b", "v"}}));
}

// -- failures ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(one_that_was_lost_has_cleared_nothing, clearing) {
  (void)put_durable("a", "durable");
  (void)clear(durability::accepted);
  (void)put_accepted("b");
  BOOST_TEST(value_of("a") == "-");
  crash();
  open();
  BOOST_TEST((contents() == contents_list{{"a", "durable"}}));
}

BOOST_FIXTURE_TEST_CASE(when_the_device_fails_what_was_durable_is_there_again, clearing) {
  (void)put_durable("a", "durable");
  (void)put_accepted("b", "accepted");
  auto cleared = clear(durability::durable);
  auto after = put_accepted("c");
  rig->fail_next(device_call::sync, EIO);
  run();
  BOOST_TEST(cleared.code() == errc::io_error);
  BOOST_TEST(cleared.error().os_error == EIO);
  BOOST_TEST(after.code() == errc::none);
  BOOST_TEST((contents() == contents_list{{"a", "durable"}}));
  auto later = clear();
  run();
  BOOST_TEST(later.code() == errc::poisoned);
}

BOOST_FIXTURE_TEST_CASE(one_that_waits_hears_of_the_failure, little_credit) {
  (void)put_durable("old");
  std::optional<answer<receipt>> cleared;
  std::optional<answer<block_value>> read_after;
  rig->meanwhile(device_call::sync, [&] {
    cleared.emplace(clear(durability::accepted));
    read_after.emplace(get("old"));
    run();
  });
  for (int i = 0; i < 4; ++i) (void)put_accepted("k" + std::to_string(i));
  rig->fail_next(device_call::sync, EIO);
  run();
  BOOST_TEST(cleared->code() == errc::poisoned);
  BOOST_TEST((*read_after)->value.text() == "v");
  // Nothing waits for it any more.
  BOOST_TEST(value_of("old") == "v");
}

BOOST_FIXTURE_TEST_CASE(a_closed_store_refuses_it, clearing) {
  auto closed = ask_close();
  auto refused = clear();
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(refused.code() == errc::closed);
}

// -- space ------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_it_passes_and_all_the_space_comes_back, store_fixture) {
  capacity = 24 * limits::mib;
  open();
  const auto fill = [this] {
    for (int taken = 0; taken < 24; ++taken) {
      auto done = put("k" + std::to_string(taken), pattern(limits::mib, 1), durability::durable);
      run();
      if (done.code() == errc::none) continue;
      BOOST_TEST(done.code() == errc::no_space);
      return taken;
    }
    return 24;
  };
  const auto first = fill();
  BOOST_TEST(first >= 12);
  for (int round = 0; round < 5; ++round) {
    auto cleared = clear();
    run();
    BOOST_TEST(cleared.code() == errc::none);
    BOOST_TEST(fill() >= first - 1);
  }
  BOOST_TEST(status().state == "open");
}

BOOST_FIXTURE_TEST_CASE(a_checkpoint_and_a_backup_under_way_keep_their_state, clearing) {
  for (int i = 0; i < 40; ++i)
    (void)put_durable("k" + std::to_string(i), pattern(100'000, static_cast<unsigned>(i)));
  const temporary_directory directory;
  rig->meanwhile(device_call::read, [&] {
    (void)clear(durability::durable);
    for (int i = 0; i < 40; ++i) (void)put_durable("new", pattern(100'000, 99));
  });
  auto done = ask_backup(directory / "copy");
  auto checkpointed = ask_checkpoint();
  run();
  BOOST_TEST(done->blocks == 40U);
  BOOST_TEST(done->unreadable_count == 0U);
  BOOST_TEST(checkpointed.code() == errc::none);
  auto verified = ask_verify();
  run();
  BOOST_TEST(verified->found_count == 0U);
  BOOST_TEST(verified->blocks == 1U);
  BOOST_TEST(status().pinned_bytes == 0U);
  crash();
  open();
  BOOST_TEST((contents() == contents_list{{"new", pattern(100'000, 99)}}));
}

BOOST_FIXTURE_TEST_CASE(a_verification_under_way_goes_on, clearing) {
  for (int i = 0; i < 30; ++i)
    (void)put_durable("k" + std::to_string(i), pattern(100'000, static_cast<unsigned>(i)));
  auto verified = ask_verify();
  (void)det.run_steps(8);
  auto cleared = clear(durability::durable);
  run();
  BOOST_TEST(cleared.code() == errc::none);
  BOOST_TEST(verified->found_count == 0U);
}

BOOST_FIXTURE_TEST_CASE(no_move_brings_a_block_back, store_fixture) {
  options.compaction.start_above = 0;
  std::uint64_t moved = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    open();
    for (unsigned i = 0; i < 900; ++i) {
      (void)put_accepted("k" + std::to_string(i), pattern(20'000, i));
      if (i % 200 == 199) run();
    }
    auto flushed = flush();
    run();
    for (unsigned i = 0; i < 900; ++i)
      if (i % 3 != 0) (void)remove("k" + std::to_string(i), durability::accepted);
    flushed = flush();
    run();
    det.shuffle(seed);
    std::mt19937_64 random{seed};
    auto compacted = ask_compact();
    // Somewhere between the choice of the blocks and the sync of their last move.
    while (!compacted.arrived() && status().blocks_moved < 1 + random() % 200)
      (void)det.run_steps(1 + random() % 20);
    (void)det.run_steps(random() % 30);
    auto cleared = clear(durability::accepted);
    (void)put_accepted("k0", "after");
    run();
    BOOST_TEST(compacted.code() == errc::none);
    BOOST_TEST(cleared.code() == errc::none);
    moved += compacted->blocks_moved;
    flushed = flush();
    run();
    BOOST_TEST((contents() == contents_list{{"k0", "after"}}));
    BOOST_TEST(status().blocks == 1U);
    crash();
    open();
    BOOST_TEST((contents() == contents_list{{"k0", "after"}}));
    auto verified = ask_verify();
    run();
    BOOST_TEST(verified->found_count == 0U);
    close();
  }
  BOOST_TEST(moved > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
