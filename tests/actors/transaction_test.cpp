// Transactions: all or nothing, expectations, limits, one record.
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

struct transacting : store_fixture {
  transacting() { open(); }
};

payload bytes(std::string text) { return payload{std::move(text)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(transaction_suite)

BOOST_FIXTURE_TEST_CASE(all_of_it_is_there_at_once, transacting) {
  const auto old = put_durable("b", "old");
  auto done = commit(transaction{}.put("a", bytes("1")).remove("b").put("c", bytes("3")));
  run();
  BOOST_TEST((done->reached == durability::durable));
  BOOST_TEST_REQUIRE(done->versions.size() == 3U);
  BOOST_TEST(old < done->versions[0]);
  BOOST_TEST(done->versions[0] < done->versions[1]);
  BOOST_TEST(done->versions[1] < done->versions[2]);
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(value_of("b") == "-");
  BOOST_TEST(value_of("c") == "3");
  const auto s = status();
  BOOST_TEST(s.groups == 2U);
  BOOST_TEST(s.ops_accepted == 4U);
}

BOOST_FIXTURE_TEST_CASE(an_accepted_one_shows_before_it_is_durable, transacting) {
  auto done = commit(transaction{}.put("a", bytes("1")).put("b", bytes("2")), durability::accepted);
  run();
  BOOST_TEST((done->reached == durability::accepted));
  BOOST_TEST(rig->count(device_call::sync) == 0U);
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(value_of("b") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_conflict_names_the_block_and_both_versions_and_changes_nothing,
                        transacting) {
  const auto a = put_durable("a", "1");
  const auto b = put_durable("b", "2");
  auto refused =
      commit(transaction{}.put("a", bytes("new")).expect("a", a).expect("b", a).expect_absent("c"));
  run();
  BOOST_TEST(refused.code() == errc::conflict);
  BOOST_TEST(refused.error().name == "b");
  BOOST_TEST(refused.error().expected == a);
  BOOST_TEST(refused.error().actual == b);
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(status().last_version == b);
  auto taken = commit(transaction{}.expect_absent("c").expect("b", b).put("c", bytes("3")));
  run();
  BOOST_TEST(taken.code() == errc::none);
  auto stale = commit(transaction{}.expect_absent("c").put("d", bytes("4")));
  run();
  BOOST_TEST(stale.code() == errc::conflict);
  BOOST_TEST(stale.error().expected == version{});
  BOOST_TEST(stale.error().actual == taken->versions[0]);
}

BOOST_FIXTURE_TEST_CASE(expectations_are_about_the_state_before_it, transacting) {
  const auto a = put_durable("a", "1");
  // Wherever they stand: after a delete of the block they ask about, too.
  auto done =
      commit(transaction{}.remove("a").expect("a", a).put("b", bytes("2")).expect_absent("b"));
  run();
  BOOST_TEST(done.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(expectations_see_what_is_accepted, transacting) {
  auto first = put_accepted("a", "1");
  run();
  auto second =
      commit(transaction{}.expect("a", first->ver).put("a", bytes("2")), durability::accepted);
  auto third =
      commit(transaction{}.expect("a", first->ver).put("a", bytes("3")), durability::accepted);
  run();
  BOOST_TEST(second.code() == errc::none);
  BOOST_TEST(third.code() == errc::conflict);
  BOOST_TEST(third.error().actual == second->versions[0]);
}

BOOST_FIXTURE_TEST_CASE(deleting_what_is_not_there_changes_nothing, transacting) {
  auto done = commit(transaction{}.remove("x").put("a", bytes("1")));
  run();
  BOOST_TEST(done->versions.size() == 2U);
  BOOST_TEST(value_of("x") == "-");
  BOOST_TEST(status().blocks == 1U);
  crash();
  open();
  BOOST_TEST(status().blocks == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_last_of_several_writes_of_a_block_counts, transacting) {
  auto done = commit(transaction{}
                         .put("a", bytes("1"))
                         .remove("a")
                         .put("a", bytes("2"))
                         .put("b", bytes("1"))
                         .remove("b"));
  run();
  BOOST_TEST(done->versions.size() == 5U);
  BOOST_TEST(value_of("a") == "2");
  BOOST_TEST(value_of("b") == "-");
  auto known = stat("a");
  run();
  BOOST_TEST(known->ver == done->versions[2]);
  crash();
  open();
  BOOST_TEST(value_of("a") == "2");
  BOOST_TEST(value_of("b") == "-");
}

BOOST_FIXTURE_TEST_CASE(an_empty_one_only_tests_its_expectations, transacting) {
  const auto a = put_durable("a", "1");
  const auto syncs = rig->count(device_call::sync);
  auto empty = commit({});
  auto holds = commit(transaction{}.expect("a", a));
  auto fails = commit(transaction{}.expect_absent("a"));
  run();
  BOOST_TEST(empty.code() == errc::none);
  BOOST_TEST(holds.code() == errc::none);
  BOOST_TEST(holds->versions.empty());
  BOOST_TEST(fails.code() == errc::conflict);
  BOOST_TEST(rig->count(device_call::sync) == syncs);
  BOOST_TEST(status().last_version == a);
}

BOOST_FIXTURE_TEST_CASE(limits_are_tested_before_anything_happens, transacting) {
  const auto ops = [](std::uint64_t n) {
    transaction t;
    for (std::uint64_t i = 0; i < n; ++i) t.put("k" + std::to_string(i), {});
    return t;
  };
  auto most = commit(ops(limits::transaction_ops_max));
  run();
  BOOST_TEST(most.code() == errc::none);
  auto too_many = commit(ops(limits::transaction_ops_max + 1));
  const std::string half(limits::transaction_value_bytes_max / 2, 'v');
  auto fits = commit(transaction{}.put("a", bytes(half)).put("b", bytes(half)));
  auto too_large =
      commit(transaction{}.put("a", bytes(half)).put("b", bytes(half)).put("c", bytes("1")));
  transaction names;
  for (std::uint64_t i = 0; i <= limits::transaction_name_bytes_max / 1024; ++i)
    names.remove(std::string(1000, 'n') + std::to_string(100'000'000'000'000'000 + i) + "......");
  auto too_long = commit(std::move(names));
  auto bad_name = commit(transaction{}.put("ok", {}).put("", {}));
  auto bad_expectation = commit(transaction{}.put("ok", {}).expect_absent(std::string(1025, 'n')));
  run();
  BOOST_TEST(fits.code() == errc::none);
  for (auto* refused : {&too_many, &too_large, &too_long, &bad_name, &bad_expectation})
    BOOST_TEST(refused->code() == errc::limit_exceeded);
  BOOST_TEST(value_of("ok") == "-");
  BOOST_TEST(status().ops_rejected == 5U);
}

BOOST_FIXTURE_TEST_CASE(it_is_never_split_between_records, store_fixture) {
  options.credit.max_ops = 10'000;
  open();
  // Far more ops than a batch has, with others before and behind.
  (void)put_accepted("before");
  transaction t;
  for (int i = 0; i < 3000; ++i) t.put("k" + std::to_string(i), bytes("v"));
  auto done = commit(std::move(t), durability::accepted);
  (void)put_accepted("behind");
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(done.code() == errc::none);
  const auto s = status();
  BOOST_TEST(s.groups == 2U);  // it, as soon as it closed its batch; then the op behind
  BOOST_TEST(s.batches == 2U);
}

BOOST_AUTO_TEST_CASE(at_every_step_of_its_commit_a_crash_leaves_all_or_nothing) {
  std::size_t whole = 0;
  std::size_t nothing = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    store_fixture f;
    f.fault_seed = seed;
    f.open();
    (void)f.put_durable("a", "old");
    auto done = f.commit(transaction{}
                             .put("a", bytes(pattern(9000, 1)))
                             .put("b", bytes(pattern(70'000, 2)))
                             .remove("c"));
    bool lost_power = false;
    const auto call = seed % 2 == 0 ? device_call::sync : device_call::write;
    f.rig->meanwhile(call, [&] {
      f.rig->fail_next(device_call::sync, EIO);
      lost_power = true;
    });
    f.run();
    BOOST_TEST(lost_power);
    const bool acked = done.code() == errc::none;
    f.crash();
    f.open();
    const bool has_a = f.value_of("a") == pattern(9000, 1);
    const bool has_b = f.value_of("b") == pattern(70'000, 2);
    BOOST_TEST(has_a == has_b);
    if (!has_a) BOOST_TEST(f.value_of("a") == "old");
    if (acked) BOOST_TEST(has_a);
    ++(has_a ? whole : nothing);
  }
  BOOST_TEST(whole + nothing == 60U);
  BOOST_TEST(nothing > 0U);
}

BOOST_FIXTURE_TEST_CASE(one_that_waits_for_credit_is_not_overtaken, store_fixture) {
  options.credit.max_ops = 4;
  options.batch.max_delay = 1h;
  open();
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i));
  auto parked =
      commit(transaction{}.put("a", bytes("tx")).put("b", bytes("tx")), durability::accepted);
  auto behind = put_accepted("a", "behind");
  auto read = get("b");
  run();
  BOOST_TEST(parked->versions[1] < behind->ver);
  BOOST_TEST(read->value.text() == "tx");
  BOOST_TEST(value_of("a") == "behind");
}

BOOST_FIXTURE_TEST_CASE(one_larger_than_the_whole_credit_goes_alone, store_fixture) {
  options.credit.max_ops = 10;
  open();
  for (int i = 0; i < 5; ++i) (void)put_accepted("k" + std::to_string(i));
  transaction t;
  for (int i = 0; i < 100; ++i) t.put("t" + std::to_string(i), bytes("v"));
  auto large = commit(std::move(t), durability::accepted);
  auto behind = put_accepted("behind");
  run();
  BOOST_TEST(large.code() == errc::none);
  BOOST_TEST(behind.code() == errc::none);
  BOOST_TEST(status().ops_in_flight == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_failure_of_its_group_is_its_answer, transacting) {
  auto waiting = commit(transaction{}.put("a", bytes("1")).put("b", bytes("2")));
  rig->fail_next(device_call::sync, EIO);
  run();
  BOOST_TEST(waiting.code() == errc::io_error);
  auto later = commit(transaction{}.put("a", bytes("1")));
  run();
  BOOST_TEST(later.code() == errc::poisoned);
  BOOST_TEST(value_of("a") == "-");
}

BOOST_FIXTURE_TEST_CASE(no_space_takes_nothing_of_it, store_fixture) {
  open();
  rig->set_capacity(rig->size());
  auto refused = commit(transaction{}
                            .put("a", bytes(pattern(30 * limits::mib)))
                            .put("b", bytes(pattern(30 * limits::mib))));
  run();
  BOOST_TEST(refused.code() == errc::no_space);
  BOOST_TEST(value_of("a") == "-");
  BOOST_TEST(status().ops_in_flight == 0U);
  BOOST_TEST(status().requests_parked == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
