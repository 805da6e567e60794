#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

latched_device latched(std::vector<scripted_fault> script) {
  fault_plan plan;
  plan.script = std::move(script);
  return latched_device{std::make_unique<faulty_device>(
      std::make_unique<memory_device>(std::vector<std::byte>(4096, std::byte{'a'})), plan)};
}

/// Everything that may not succeed any more answers with the first cause; the rest goes on.
void check_poisoned(latched_device& device, const failure& first) {
  for (int again = 0; again < 2; ++again) {
    for (const auto& outcome : {write_text(device, 0, "b"), device.sync(), device.allocate(8192),
                                device.allocate(1), device.resize(1)}) {
      BOOST_TEST(code_of(outcome) == errc::poisoned);
      BOOST_TEST(outcome.error().detail == first.detail);
      BOOST_TEST(outcome.error().os_error == first.os_error);
      BOOST_TEST((outcome.error().offset == first.offset));
    }
  }
  BOOST_TEST(device.size() == 4096U);
  BOOST_TEST(read_text(device, 1000, 1) == "a");
  device.drop_cache();
  BOOST_TEST(read_text(device, 1000, 1, read_mode::direct) == "a");
  BOOST_TEST((device.first_failure() == first));
  BOOST_TEST(code_of(device.close()) == errc::none);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(latched_devices)

BOOST_AUTO_TEST_CASE(without_failures_it_is_not_there) {
  auto device = latched({});
  BOOST_TEST(code_of(device.allocate(8192)) == errc::none);
  BOOST_TEST(code_of(write_text(device, 5000, "text")) == errc::none);
  BOOST_TEST(code_of(device.sync()) == errc::none);
  BOOST_TEST(code_of(device.resize(6000)) == errc::none);
  BOOST_TEST(device.size() == 6000U);
  BOOST_TEST(read_text(device, 5000, 4) == "text");
  BOOST_TEST(!device.first_failure());
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_final) {
  // The device itself would be fine with the second one, and that is the danger.
  auto device = latched({{device_call::sync, 1, EIO}});
  const auto failed = device.sync();
  BOOST_TEST(code_of(failed) == errc::io_error);
  check_poisoned(device, failed.error());
}

BOOST_AUTO_TEST_CASE(a_failed_write_is_final) {
  auto device = latched({{device_call::write, 2, EIO}});
  BOOST_TEST(code_of(write_text(device, 100, "x")) == errc::none);
  const auto failed = write_text(device, 200, "y");
  BOOST_TEST(code_of(failed) == errc::io_error);
  BOOST_TEST(failed.error().offset.has_value());
  check_poisoned(device, failed.error());
}

BOOST_AUTO_TEST_CASE(a_write_into_a_full_disk_is_final) {
  auto device = latched({{device_call::write, 1, ENOSPC}});
  const auto failed = write_text(device, 0, "x");
  BOOST_TEST(code_of(failed) == errc::no_space);
  check_poisoned(device, failed.error());
}

BOOST_AUTO_TEST_CASE(failed_allocations_and_cuts_and_reads_are_not) {
  auto device = latched({{device_call::allocate, 1, ENOSPC},
                         {device_call::allocate, 2, EIO},
                         {device_call::resize, 1, EIO},
                         {device_call::read, 1, EIO}});
  BOOST_TEST(code_of(device.allocate(8192)) == errc::no_space);
  BOOST_TEST(code_of(device.allocate(8192)) == errc::io_error);
  BOOST_TEST(code_of(device.resize(1)) == errc::io_error);
  std::byte byte{};
  BOOST_TEST(code_of(device.read(0, {&byte, 1}, read_mode::cached)) == errc::io_error);
  BOOST_TEST(!device.first_failure());
  BOOST_TEST(code_of(device.allocate(8192)) == errc::none);
  BOOST_TEST(code_of(write_text(device, 5000, "text")) == errc::none);
  BOOST_TEST(code_of(device.sync()) == errc::none);
}

BOOST_AUTO_TEST_SUITE_END()
