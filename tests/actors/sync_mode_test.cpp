// The sync modes, seen at the device.
#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

struct in_mode : store_fixture {
  explicit in_mode(sync_mode mode) {
    options.sync.mode = mode;
    options.level = durability::accepted;
    open();
  }
  [[nodiscard]] std::uint64_t syncs() const { return rig->count(device_call::sync); }
  [[nodiscard]] std::uint64_t writes() const { return rig->count(device_call::write); }
};

struct lazily : in_mode {
  lazily() : in_mode{sync_mode::lazy} {}
};
struct in_two_phases : in_mode {
  in_two_phases() : in_mode{sync_mode::two_phase} {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sync_mode_suite)

BOOST_FIXTURE_TEST_CASE(two_phase_syncs_the_values_before_their_record, in_two_phases) {
  (void)put_durable("k", pattern(10'000));
  std::vector<device_call> calls;
  for (const auto& o : rig->trace)
    if (o.writes_content() || o.call == device_call::sync) calls.push_back(o.call);
  const std::vector<device_call> expected{device_call::write, device_call::sync, device_call::write,
                                          device_call::sync};
  BOOST_TEST((calls == expected));
  BOOST_TEST(status().syncs == 2U);
  // A record without values has nothing to prove.
  auto gone = remove("k", durability::durable);
  run();
  BOOST_TEST(gone.code() == errc::none);
  BOOST_TEST(status().syncs == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_failure_of_the_first_of_two_syncs_is_final, in_two_phases) {
  auto waiting = put("k", "v", durability::durable);
  rig->fail_next(device_call::sync, EIO);
  run();
  BOOST_TEST(waiting.code() == errc::io_error);
  BOOST_TEST(status().state == "poisoned");
  BOOST_TEST(writes() == 1U);
}

BOOST_FIXTURE_TEST_CASE(lazy_waits_for_its_interval, lazily) {
  for (int i = 0; i < 120; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  advance(50ms);
  BOOST_TEST(status().batches == 3U);
  advance(949ms);
  BOOST_TEST(syncs() == 0U);
  BOOST_TEST(status().ops_in_flight == 120U);
  advance(1ms);
  BOOST_TEST(syncs() == 1U);
  BOOST_TEST(status().groups == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
  // The next interval runs from the next batch.
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  advance(999ms);
  BOOST_TEST(status().groups == 1U);
  advance(1ms);
  BOOST_TEST(status().groups == 2U);
}

BOOST_FIXTURE_TEST_CASE(lazy_syncs_for_a_flush_even_if_no_batch_is_open, lazily) {
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(syncs() == 0U);
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(lazy_syncs_for_a_durable_waiter_at_once, lazily) {
  for (int i = 0; i < 70; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(syncs() == 0U);
  auto waited = put("w", "v", durability::durable);
  run();
  BOOST_TEST(waited.code() == errc::none);
  BOOST_TEST(status().groups == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_AUTO_TEST_CASE(lazy_syncs_when_a_waiter_sat_out_the_delay) {
  store_fixture f;
  f.options.sync.mode = sync_mode::lazy;
  f.options.batch.close_when_waited = false;
  f.open();
  auto waited = f.put("w", "v", durability::durable);
  f.run();
  f.advance(50ms - 1us);
  BOOST_TEST(!waited.arrived());
  f.advance(1us);
  BOOST_TEST(waited.code() == errc::none);
}

BOOST_AUTO_TEST_CASE(lazy_syncs_when_credit_runs_out) {
  store_fixture f;
  f.options.sync.mode = sync_mode::lazy;
  f.options.credit.max_ops = 60;
  f.open();
  std::vector<answer<receipt>> all;
  for (int i = 0; i < 61; ++i) all.push_back(f.put_accepted("k" + std::to_string(i)));
  f.run();
  for (auto& a : all) BOOST_TEST(a.code() == errc::none);
  BOOST_TEST(f.status().ops_in_flight == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_lazy_store_closes_durably, lazily) {
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i), "value");
  run();
  BOOST_TEST(syncs() == 0U);
  close();
  open();
  BOOST_TEST(was_clean);
  BOOST_TEST(status().blocks == 50U);
}

BOOST_FIXTURE_TEST_CASE(a_lazy_crash_loses_only_what_was_merely_accepted, lazily) {
  (void)put_durable("a", "durable");
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  crash();
  open();
  BOOST_TEST(value_of("a") == "durable");
  BOOST_TEST(status().blocks == 1U);
  // Not even a version comes back.
  auto again = put_accepted("x");
  run();
  BOOST_TEST(again->ver.value > 51U);
}

BOOST_AUTO_TEST_SUITE_END()
