// The conformance suite as cases of Boost.Test, one for each check.
//
// Contract: `STOWAGE_DEVICE_CONFORMANCE(suite, device)` at namespace scope registers them as suite/NAME; `device` gives a
// `device_under_test`, anew for each. What the device cannot be made to do is said as a message.
#pragma once

#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/device_conformance.hpp>

#include <boost/test/unit_test.hpp>

#include <string_view>

namespace stowage::testkit {

inline void check_device_in_boost_test(std::string_view name, const device_under_test& device) {
  BOOST_TEST_CHECKPOINT(name);
  if (check_device(name, device) == conformance::not_tried)
    BOOST_TEST_MESSAGE(name << " was not tried: the device under test has not said how");
  else
    BOOST_TEST(true, name);
}

}  // namespace stowage::testkit

// The names of all checks; a test holds them against `device_conformance_checks`.
#define STOWAGE_DEVICE_CONFORMANCE_NAMES(X)     \
  X(a_new_device_has_no_bytes)                  \
  X(what_is_written_is_read_at_once)            \
  X(buffers_are_written_one_after_another)      \
  X(later_writes_replace_earlier_ones)          \
  X(writes_change_nothing_beside_them)          \
  X(nothing_is_a_size_as_well)                  \
  X(reads_end_where_the_device_does)            \
  X(writes_beyond_the_end_are_refused)          \
  X(allocated_bytes_are_zeros)                  \
  X(allocating_less_changes_nothing)            \
  X(what_is_cut_off_does_not_come_back)         \
  X(resize_does_not_grow)                       \
  X(a_full_device_says_so_and_stays_as_it_is)   \
  X(syncs_change_nothing_that_is_read)          \
  X(a_dropped_cache_loses_nothing)              \
  X(what_is_synced_is_there_when_opened_again)  \
  X(a_power_loss_takes_nothing_that_was_synced) \
  X(a_failed_read_says_where)                   \
  X(a_failed_write_says_where)                  \
  X(a_failed_sync_is_told)                      \
  X(a_failed_allocate_changes_nothing)          \
  X(a_failed_resize_is_told)                    \
  X(threads_read_beside_the_one_that_writes)    \
  X(a_closed_device_does_nothing)

#define STOWAGE_DEVICE_CONFORMANCE(suite, ...)                                                    \
  BOOST_AUTO_TEST_SUITE(suite)                                                                    \
  BOOST_AUTO_TEST_CASE(a_new_device_has_no_bytes) {                                               \
    ::stowage::testkit::check_device_in_boost_test("a_new_device_has_no_bytes", __VA_ARGS__);     \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(what_is_written_is_read_at_once) {                                         \
    ::stowage::testkit::check_device_in_boost_test("what_is_written_is_read_at_once",             \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(buffers_are_written_one_after_another) {                                   \
    ::stowage::testkit::check_device_in_boost_test("buffers_are_written_one_after_another",       \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(later_writes_replace_earlier_ones) {                                       \
    ::stowage::testkit::check_device_in_boost_test("later_writes_replace_earlier_ones",           \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(writes_change_nothing_beside_them) {                                       \
    ::stowage::testkit::check_device_in_boost_test("writes_change_nothing_beside_them",           \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(nothing_is_a_size_as_well) {                                               \
    ::stowage::testkit::check_device_in_boost_test("nothing_is_a_size_as_well", __VA_ARGS__);     \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(reads_end_where_the_device_does) {                                         \
    ::stowage::testkit::check_device_in_boost_test("reads_end_where_the_device_does",             \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(writes_beyond_the_end_are_refused) {                                       \
    ::stowage::testkit::check_device_in_boost_test("writes_beyond_the_end_are_refused",           \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(allocated_bytes_are_zeros) {                                               \
    ::stowage::testkit::check_device_in_boost_test("allocated_bytes_are_zeros", __VA_ARGS__);     \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(allocating_less_changes_nothing) {                                         \
    ::stowage::testkit::check_device_in_boost_test("allocating_less_changes_nothing",             \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(what_is_cut_off_does_not_come_back) {                                      \
    ::stowage::testkit::check_device_in_boost_test("what_is_cut_off_does_not_come_back",          \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(resize_does_not_grow) {                                                    \
    ::stowage::testkit::check_device_in_boost_test("resize_does_not_grow", __VA_ARGS__);          \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_full_device_says_so_and_stays_as_it_is) {                                \
    ::stowage::testkit::check_device_in_boost_test("a_full_device_says_so_and_stays_as_it_is",    \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(syncs_change_nothing_that_is_read) {                                       \
    ::stowage::testkit::check_device_in_boost_test("syncs_change_nothing_that_is_read",           \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_dropped_cache_loses_nothing) {                                           \
    ::stowage::testkit::check_device_in_boost_test("a_dropped_cache_loses_nothing", __VA_ARGS__); \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(what_is_synced_is_there_when_opened_again) {                               \
    ::stowage::testkit::check_device_in_boost_test("what_is_synced_is_there_when_opened_again",   \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_power_loss_takes_nothing_that_was_synced) {                              \
    ::stowage::testkit::check_device_in_boost_test("a_power_loss_takes_nothing_that_was_synced",  \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_failed_read_says_where) {                                                \
    ::stowage::testkit::check_device_in_boost_test("a_failed_read_says_where", __VA_ARGS__);      \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_failed_write_says_where) {                                               \
    ::stowage::testkit::check_device_in_boost_test("a_failed_write_says_where", __VA_ARGS__);     \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_failed_sync_is_told) {                                                   \
    ::stowage::testkit::check_device_in_boost_test("a_failed_sync_is_told", __VA_ARGS__);         \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_failed_allocate_changes_nothing) {                                       \
    ::stowage::testkit::check_device_in_boost_test("a_failed_allocate_changes_nothing",           \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_failed_resize_is_told) {                                                 \
    ::stowage::testkit::check_device_in_boost_test("a_failed_resize_is_told", __VA_ARGS__);       \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(threads_read_beside_the_one_that_writes) {                                 \
    ::stowage::testkit::check_device_in_boost_test("threads_read_beside_the_one_that_writes",     \
                                                   __VA_ARGS__);                                  \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(a_closed_device_does_nothing) {                                            \
    ::stowage::testkit::check_device_in_boost_test("a_closed_device_does_nothing", __VA_ARGS__);  \
  }                                                                                               \
  BOOST_AUTO_TEST_SUITE_END()
