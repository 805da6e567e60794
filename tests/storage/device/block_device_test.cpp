#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/device_call.hpp>
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace stowage;
using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(block_devices)

BOOST_AUTO_TEST_CASE(an_exact_read_takes_all_or_says_truncated) {
  memory_device device{std::vector<std::byte>(10, std::byte{'a'})};
  std::vector<std::byte> out(10);
  BOOST_TEST(code_of(read_exactly(device, 0, out, read_mode::cached)) == errc::none);
  BOOST_TEST((out == device.image()));

  const auto past = read_exactly(device, 4, out, read_mode::cached);
  BOOST_TEST(code_of(past) == errc::corrupt);
  BOOST_TEST(past.error().offset.value() == 10U);
  BOOST_TEST(past.error().detail.find("truncated") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_exact_read_hands_the_devices_failure_on) {
  fault_plan plan;
  plan.script = {{device_call::read, 1, EIO}};
  faulty_device device{std::make_unique<memory_device>(std::vector<std::byte>(10)), plan};
  std::vector<std::byte> out(10);
  const auto failed = read_exactly(device, 0, out, read_mode::cached);
  BOOST_TEST(code_of(failed) == errc::io_error);
  BOOST_TEST(failed.error().os_error == EIO);
}

BOOST_AUTO_TEST_CASE(every_call_has_a_name) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < device_calls; ++i) names.insert(name_of(static_cast<device_call>(i)));
  BOOST_TEST(names.size() == device_calls);
  BOOST_TEST(name_of(device_call::read) == "read");
  BOOST_TEST(name_of(device_call::close) == "close");
}

BOOST_AUTO_TEST_SUITE_END()
