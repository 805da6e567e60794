#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/log/batch_policy.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string_view>

using namespace stowage;
using namespace std::chrono_literals;

namespace {

using kind = batch_decision::kind;

constexpr time_point start{1000h};

void check_nothing(const batch_decision& d) { BOOST_CHECK(d.what == kind::nothing); }

void check_close(const batch_decision& d, close_cause cause, batch_id batch) {
  BOOST_CHECK(d.what == kind::close);
  BOOST_CHECK_EQUAL(name_of(d.cause), name_of(cause));
  BOOST_CHECK_EQUAL(d.batch.value, batch.value);
}

void check_arm(const batch_decision& d, time_point deadline, batch_id batch) {
  BOOST_CHECK(d.what == kind::arm);
  BOOST_CHECK(d.deadline == deadline);
  BOOST_CHECK_EQUAL(d.batch.value, batch.value);
}

// One small op that nobody waits for.
batch_decision put(batch_policy& policy, time_point now) {
  return policy.on_enqueue(now, 1, 10, false);
}

batch_limits with(std::uint32_t ops, std::chrono::nanoseconds delay, std::uint64_t bytes) {
  batch_limits l;
  l.max_ops = ops;
  l.max_delay = delay;
  l.max_bytes = bytes;
  return l;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batch_policy_suite)

BOOST_AUTO_TEST_CASE(the_defaults_are_the_documented_ones) {
  const batch_limits l;
  BOOST_CHECK_EQUAL(l.max_ops, 50U);
  BOOST_CHECK(l.max_delay == 50ms);
  BOOST_CHECK_EQUAL(l.max_bytes, 8U * 1024 * 1024);
  BOOST_CHECK(l.close_when_waited);
  BOOST_CHECK(batch_policy{}.limits() == l);
}

BOOST_AUTO_TEST_CASE(the_50th_op_closes_and_the_51st_begins_the_next) {
  batch_policy policy;
  const auto first = policy.current();
  check_arm(put(policy, start), start + 50ms, first);
  for (int i = 2; i <= 49; ++i) check_nothing(put(policy, start + 1ms));
  BOOST_CHECK_EQUAL(policy.ops(), 49U);
  check_close(put(policy, start + 2ms), close_cause::ops, first);
  BOOST_CHECK(policy.empty());
  BOOST_CHECK_EQUAL(policy.bytes(), 0U);
  BOOST_CHECK(policy.current() == first.next());
  // Its age is its own.
  check_arm(put(policy, start + 3ms), start + 53ms, first.next());
}

BOOST_AUTO_TEST_CASE(at_49_999_ms_it_is_open_and_at_50_ms_it_closes) {
  batch_policy policy;
  const auto batch = policy.current();
  (void)put(policy, start);
  check_nothing(put(policy, start + 30ms));  // the oldest op counts, not the newest
  check_arm(policy.on_tick(batch, start + 49'999us), start + 50ms, batch);
  check_arm(policy.on_tick(batch, start + 50ms - 1ns), start + 50ms, batch);
  BOOST_CHECK_EQUAL(policy.ops(), 2U);
  check_close(policy.on_tick(batch, start + 50ms), close_cause::delay, batch);
}

BOOST_AUTO_TEST_CASE(at_50_001_ms_it_closes) {
  batch_policy policy;
  const auto batch = policy.current();
  (void)put(policy, start);
  check_close(policy.on_tick(batch, start + 50'001us), close_cause::delay, batch);
}

BOOST_AUTO_TEST_CASE(an_op_that_finds_its_batch_overdue_closes_it) {
  batch_policy policy;
  const auto batch = policy.current();
  (void)put(policy, start);
  check_nothing(put(policy, start + 49'999us));
  check_close(put(policy, start + 50ms), close_cause::delay, batch);
  check_nothing(policy.on_tick(batch, start + 51ms));
}

BOOST_AUTO_TEST_CASE(a_late_tick_does_nothing_to_the_next_batch) {
  batch_policy policy;
  const auto first = policy.current();
  (void)put(policy, start);
  check_close(policy.on_flush(), close_cause::flush, first);
  check_nothing(policy.on_tick(first, start + 50ms));  // nothing in it
  (void)put(policy, start + 10ms);
  check_nothing(policy.on_tick(first, start + 500ms));  // something in it, and old
  BOOST_CHECK_EQUAL(policy.ops(), 1U);
  check_close(policy.on_tick(first.next(), start + 60ms), close_cause::delay, first.next());
}

BOOST_AUTO_TEST_CASE(a_tick_for_a_batch_without_ops_or_to_come_does_nothing) {
  batch_policy policy;
  check_nothing(policy.on_tick(policy.current(), start));
  (void)put(policy, start);
  check_nothing(policy.on_tick(policy.current().next(), start + 1h));
  check_nothing(policy.on_tick(batch_id{}, start + 1h));
  BOOST_CHECK_EQUAL(policy.ops(), 1U);
}

BOOST_AUTO_TEST_CASE(a_tick_before_the_op_it_was_armed_for_arms_again) {
  batch_policy policy;
  (void)put(policy, start);
  check_arm(policy.on_tick(policy.current(), start - 1ms), start + 50ms, policy.current());
}

BOOST_AUTO_TEST_CASE(the_byte_that_reaches_the_bound_closes) {
  batch_policy policy{with(50, 50ms, 1000)};
  const auto batch = policy.current();
  (void)policy.on_enqueue(start, 1, 400, false);
  check_nothing(policy.on_enqueue(start, 1, 599, false));
  BOOST_CHECK_EQUAL(policy.bytes(), 999U);
  check_close(policy.on_enqueue(start, 1, 1, false), close_cause::bytes, batch);

  check_close(policy.on_enqueue(start, 1, 1000, false), close_cause::bytes, batch.next());
  check_close(policy.on_enqueue(start, 1, UINT64_MAX, false), close_cause::bytes,
              batch.next().next());
}

BOOST_AUTO_TEST_CASE(ops_without_bytes_count_as_ops) {
  batch_policy policy{with(2, 50ms, 1)};
  const auto batch = policy.current();
  check_arm(policy.on_enqueue(start, 1, 0, false), start + 50ms, batch);
  check_close(policy.on_enqueue(start, 1, 0, false), close_cause::ops, batch);
}

BOOST_AUTO_TEST_CASE(bytes_do_not_wrap) {
  batch_policy policy{with(50, 50ms, UINT64_MAX)};
  (void)policy.on_enqueue(start, 1, UINT64_MAX - 1, false);
  check_close(policy.on_enqueue(start, 1, 100, false), close_cause::bytes, batch_id{1});
}

BOOST_AUTO_TEST_CASE(a_unit_is_never_split) {
  batch_policy policy;
  const auto batch = policy.current();
  (void)put(policy, start);
  check_close(policy.on_enqueue(start, 1000, 10, false), close_cause::ops, batch);
  BOOST_CHECK(policy.empty());
  check_close(policy.on_enqueue(start, UINT32_MAX, 10, false), close_cause::ops, batch.next());
  BOOST_CHECK_THROW((void)policy.on_enqueue(start, 0, 10, false), invariant_violation);
}

BOOST_AUTO_TEST_CASE(sums_of_ops_do_not_wrap) {
  batch_policy policy{with(UINT32_MAX, 50ms, 1000)};
  (void)policy.on_enqueue(start, UINT32_MAX - 1, 0, false);
  check_close(policy.on_enqueue(start, UINT32_MAX, 0, false), close_cause::ops, batch_id{1});
}

BOOST_AUTO_TEST_CASE(a_waiter_closes_at_once_while_the_disk_is_idle) {
  batch_policy policy;
  const auto batch = policy.current();
  check_close(policy.on_enqueue(start, 1, 10, true), close_cause::waited, batch);
  (void)put(policy, start);
  check_close(policy.on_enqueue(start, 1, 10, true), close_cause::waited, batch.next());
}

BOOST_AUTO_TEST_CASE(a_waiter_waits_for_a_busy_disk) {
  batch_policy policy;
  const auto batch = policy.current();
  policy.on_disk_busy();
  check_arm(policy.on_enqueue(start, 1, 10, true), start + 50ms, batch);
  check_nothing(put(policy, start));
  check_nothing(policy.on_enqueue(start, 1, 10, true));
  BOOST_CHECK_EQUAL(policy.ops(), 3U);
  check_close(policy.on_disk_idle(), close_cause::waited, batch);
  // Once: the next batch has no waiter.
  check_nothing(policy.on_disk_idle());
  check_arm(put(policy, start), start + 50ms, batch.next());
  check_nothing(policy.on_disk_idle());
}

BOOST_AUTO_TEST_CASE(other_bounds_hold_while_the_disk_is_busy) {
  batch_policy policy{with(2, 50ms, 1000)};
  const auto batch = policy.current();
  policy.on_disk_busy();
  (void)policy.on_enqueue(start, 1, 10, true);
  check_close(policy.on_enqueue(start, 1, 10, true), close_cause::ops, batch);
  (void)policy.on_enqueue(start, 1, 10, true);
  check_close(policy.on_tick(batch.next(), start + 50ms), close_cause::delay, batch.next());
  // The waiters went with their batches.
  check_nothing(policy.on_disk_idle());
  (void)put(policy, start);
  check_nothing(policy.on_disk_idle());
}

BOOST_AUTO_TEST_CASE(an_idle_disk_closes_nothing_that_nobody_waits_for) {
  batch_policy policy;
  check_nothing(policy.on_disk_idle());
  policy.on_disk_busy();
  (void)put(policy, start);
  check_nothing(policy.on_disk_idle());
  BOOST_CHECK_EQUAL(policy.ops(), 1U);
}

BOOST_AUTO_TEST_CASE(waiters_sit_out_the_delay_if_so_configured) {
  batch_limits l;
  l.close_when_waited = false;
  batch_policy policy{l};
  const auto batch = policy.current();
  check_arm(policy.on_enqueue(start, 1, 10, true), start + 50ms, batch);
  policy.on_disk_busy();
  check_nothing(policy.on_disk_idle());
  check_close(policy.on_tick(batch, start + 50ms), close_cause::delay, batch);
}

BOOST_AUTO_TEST_CASE(flush_credit_and_shutdown_close_what_there_is) {
  batch_policy policy;
  const auto first = policy.current();
  check_nothing(policy.on_flush());
  check_nothing(policy.on_credit_pressure());
  check_nothing(policy.on_shutdown());
  BOOST_CHECK(policy.current() == first);  // nothing closed, no id used up

  (void)put(policy, start);
  check_close(policy.on_flush(), close_cause::flush, first);
  check_nothing(policy.on_flush());
  policy.on_disk_busy();
  (void)put(policy, start);
  check_close(policy.on_credit_pressure(), close_cause::credit, first.next());
  (void)put(policy, start);
  check_close(policy.on_shutdown(), close_cause::shutdown, first.next().next());
}

BOOST_AUTO_TEST_CASE(one_unit_that_reaches_every_bound_closes_for_the_first) {
  const auto limits = with(2, 0ns, 1000);
  BOOST_CHECK(batch_policy{limits}.on_enqueue(start, 2, 1000, true).cause == close_cause::ops);
  BOOST_CHECK(batch_policy{limits}.on_enqueue(start, 1, 1000, true).cause == close_cause::bytes);
  BOOST_CHECK(batch_policy{limits}.on_enqueue(start, 1, 999, true).cause == close_cause::waited);
  BOOST_CHECK(batch_policy{limits}.on_enqueue(start, 1, 999, false).cause == close_cause::delay);
}

BOOST_AUTO_TEST_CASE(without_delay_each_unit_closes) {
  batch_policy policy{with(50, 0ns, 1000)};
  const auto first = policy.current();
  check_close(put(policy, start), close_cause::delay, first);
  check_close(put(policy, start), close_cause::delay, first.next());
}

BOOST_AUTO_TEST_CASE(the_longest_delay_means_never) {
  batch_policy policy{with(50, std::chrono::nanoseconds::max(), 1000)};
  const auto batch = policy.current();
  check_arm(put(policy, start), time_point::max(), batch);
  check_arm(policy.on_tick(batch, time_point::max() - 1ns), time_point::max(), batch);

  // A clock may count from any point.
  batch_policy early{with(50, std::chrono::nanoseconds::max(), 1000)};
  check_arm(put(early, time_point{-5ns}), time_point::max() - 5ns, batch);
}

BOOST_AUTO_TEST_CASE(limits_that_never_close_or_always_do_are_refused) {
  BOOST_CHECK_THROW(batch_policy{with(0, 50ms, 1)}, invariant_violation);
  BOOST_CHECK_THROW(batch_policy{with(1, 50ms, 0)}, invariant_violation);
  BOOST_CHECK_THROW(batch_policy{with(1, -1ns, 1)}, invariant_violation);
}

BOOST_AUTO_TEST_CASE(every_cause_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < close_cause_count; ++i)
    names.insert(name_of(static_cast<close_cause>(i)));
  BOOST_CHECK_EQUAL(names.size(), close_cause_count);
  BOOST_CHECK(!names.contains("unknown"));
  BOOST_CHECK_EQUAL(name_of(close_cause::ops), "ops");
  BOOST_CHECK_EQUAL(name_of(close_cause::shutdown), "shutdown");
  BOOST_CHECK_EQUAL(name_of(static_cast<close_cause>(close_cause_count)), "unknown");
}

// What a writer relies on, whatever comes: a batch with ops always has a timer, ids go up by one,
// each op leaves with exactly one batch, and no batch exceeds its bounds by more than its last
// unit.
BOOST_AUTO_TEST_CASE(no_op_is_left_behind_under_random_events) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      batch_policy policy{with(20, 5ms, 4000)};
      auto now = start;
      std::uint64_t ops = 0;
      std::uint64_t bytes = 0;
      bool waited = false;
      bool busy = false;
      time_point oldest{};
      batch_id armed;
      for (int step = 0; step < 5000; ++step) {
        now += std::chrono::microseconds{random() % 1000};
        const auto id = policy.current();
        batch_decision d;
        bool must_close = false;
        const auto event = random() % 20;
        if (event < 12) {
          const auto unit = static_cast<std::uint32_t>(1 + random() % (event == 0 ? 30 : 3));
          const auto size = random() % (event == 1 ? 5000 : 300);
          const bool waits = random() % 4 == 0;
          BOOST_REQUIRE(ops < 20 && bytes < 4000);
          if (ops == 0) oldest = now;
          ops += unit;
          bytes += size;
          waited = waited || waits;
          must_close = ops >= 20 || bytes >= 4000 || (waited && !busy) || now - oldest >= 5ms;
          d = policy.on_enqueue(now, unit, size, waits);
        } else if (event < 15) {
          const auto ticked = random() % 2 == 0 ? id : batch_id{id.value - 1};
          must_close = ticked == id && ops > 0 && now - oldest >= 5ms;
          d = policy.on_tick(ticked, now);
        } else if (event < 17) {
          busy = true;
          policy.on_disk_busy();
        } else if (event < 19) {
          busy = false;
          must_close = ops > 0 && waited;
          d = policy.on_disk_idle();
        } else {
          must_close = ops > 0;
          d = policy.on_flush();
        }
        BOOST_REQUIRE_EQUAL(d.what == kind::close, must_close);
        if (must_close) {
          BOOST_REQUIRE(d.batch == id && policy.current() == id.next());
          ops = bytes = 0;
          waited = false;
        } else {
          BOOST_REQUIRE(policy.current() == id);
        }
        if (d.what == kind::arm) {
          BOOST_REQUIRE(d.batch == id && d.deadline == oldest + 5ms);
          armed = id;
        }
        BOOST_REQUIRE_EQUAL(policy.ops(), ops);
        BOOST_REQUIRE_EQUAL(policy.bytes(), bytes);
        BOOST_REQUIRE(ops == 0 || armed == policy.current());
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
