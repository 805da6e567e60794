#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/log/sync_policy.hpp>

#include <chrono>

using namespace stowage;
using namespace std::chrono_literals;

namespace {

constexpr time_point at(std::chrono::nanoseconds t) { return time_point{t}; }
constexpr sync_options lazily{.mode = sync_mode::lazy, .max_interval = 1s};

}  // namespace

BOOST_AUTO_TEST_SUITE(sync_policy_suite)

BOOST_AUTO_TEST_CASE(nothing_is_due_before_a_batch_closed) {
  for (const auto mode : {sync_mode::group, sync_mode::two_phase, sync_mode::lazy}) {
    const sync_policy policy{{.mode = mode}};
    BOOST_TEST(!policy.is_due(at(1h)));
    BOOST_TEST(!policy.deadline().has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_group_is_due_at_once) {
  for (const auto mode : {sync_mode::group, sync_mode::two_phase}) {
    sync_policy policy{{.mode = mode}};
    policy.on_batch_closed(at(5ms), close_cause::ops, 1, 1, false);
    BOOST_TEST(policy.is_due(at(5ms)));
    BOOST_TEST(!policy.deadline().has_value());
    policy.on_all_taken();
    BOOST_TEST(!policy.is_due(at(5ms)));
  }
}

BOOST_AUTO_TEST_CASE(a_lazy_group_is_due_when_its_oldest_batch_has_waited_long_enough) {
  sync_policy policy{lazily};
  policy.on_batch_closed(at(5ms), close_cause::ops, 1, 1, false);
  policy.on_batch_closed(at(900ms), close_cause::delay, 1, 1, false);
  BOOST_TEST((policy.deadline() == at(1005ms)));
  BOOST_TEST(!policy.is_due(at(1005ms - 1ns)));
  BOOST_TEST(policy.is_due(at(1005ms)));
  policy.on_all_taken();
  BOOST_TEST(!policy.is_due(at(1h)));
  policy.on_batch_closed(at(2s), close_cause::bytes, 1, 1, false);
  BOOST_TEST((policy.deadline() == at(3s)));
}

BOOST_AUTO_TEST_CASE(who_needs_durability_makes_a_lazy_group_due) {
  for (const auto cause :
       {close_cause::flush, close_cause::waited, close_cause::credit, close_cause::shutdown}) {
    sync_policy policy{lazily};
    policy.on_batch_closed(at(0ms), cause, 1, 1, false);
    BOOST_TEST(policy.is_due(at(0ms)));
  }
  for (const auto cause : {close_cause::ops, close_cause::delay, close_cause::bytes}) {
    sync_policy policy{lazily};
    policy.on_batch_closed(at(0ms), cause, 1, 1, false);
    BOOST_TEST(!policy.is_due(at(0ms)));
    policy.on_batch_closed(at(0ms), cause, 1, 1, true);
    BOOST_TEST(policy.is_due(at(0ms)));
    policy.on_all_taken();
    policy.on_batch_closed(at(0ms), cause, 1, 1, false);
    BOOST_TEST(!policy.is_due(at(0ms)));
    policy.demand();
    BOOST_TEST(policy.is_due(at(0ms)));
    // What is due waits for no timer, and is no less due with more behind it.
    BOOST_TEST(!policy.deadline().has_value());
    policy.on_batch_closed(at(0ms), cause, 1, 1, false);
    BOOST_TEST(policy.is_due(at(0ms)));
  }
}

BOOST_AUTO_TEST_CASE(sixteen_mebibytes_make_a_lazy_group_due) {
  sync_policy policy{lazily};
  policy.on_batch_closed(at(0ms), close_cause::bytes, 1, 16 * limits::mib - 1, false);
  BOOST_TEST(!policy.is_due(at(0ms)));
  BOOST_TEST((policy.deadline() == at(1s)));
  policy.on_batch_closed(at(0ms), close_cause::delay, 1, 1, false);
  BOOST_TEST(policy.is_due(at(0ms)));
  BOOST_TEST(!policy.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(many_small_ops_make_a_lazy_group_due) {
  sync_policy policy{lazily};
  policy.on_batch_closed(at(0ms), close_cause::bytes, 32'767, 32'767, false);
  BOOST_TEST(!policy.is_due(at(0ms)));
  BOOST_TEST((policy.deadline() == at(1s)));
  policy.on_batch_closed(at(0ms), close_cause::delay, 1, 1, false);
  BOOST_TEST(policy.is_due(at(0ms)));
  BOOST_TEST(!policy.deadline().has_value());
  // Counted from zero again.
  policy.on_all_taken();
  policy.on_batch_closed(at(0ms), close_cause::bytes, 32'767, 32'767, false);
  BOOST_TEST(!policy.is_due(at(0ms)));
}

BOOST_AUTO_TEST_CASE(names_come_back) {
  for (const auto mode : {sync_mode::group, sync_mode::two_phase, sync_mode::lazy})
    BOOST_TEST((sync_mode_from_name(name_of(mode)) == mode));
  BOOST_TEST(!sync_mode_from_name("two_phase").has_value());
  BOOST_TEST(name_of(static_cast<sync_mode>(7)) == "unknown");
}

BOOST_AUTO_TEST_CASE(a_negative_interval_is_refused) {
  BOOST_CHECK_THROW((sync_policy{{.max_interval = -1ns}}), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
