#include <stowage/storage/device/lenient_device.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t bytes = 3 * page_size + 100;

faulty_device below(std::vector<scripted_fault> faults) {
  return {std::make_unique<memory_device>(std::vector<std::byte>(bytes, std::byte{7})),
          {.script = std::move(faults)}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lenient_devices)

BOOST_AUTO_TEST_CASE(what_can_be_read_is_read) {
  auto device = below({});
  lenient_device lenient{device};
  std::vector<std::byte> out(bytes + 1);
  const auto got = lenient.read(0, out, read_mode::cached);
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(*got == bytes);
  BOOST_TEST(lenient.failed_reads() == 0U);
  BOOST_TEST(!lenient.first_failure().has_value());
}

BOOST_AUTO_TEST_CASE(a_page_that_cannot_be_read_is_zeros) {
  // The whole, then its second page.
  auto device = below({{device_call::read, 1, EIO, false}, {device_call::read, 3, EIO, false}});
  lenient_device lenient{device};
  std::vector<std::byte> out(3 * page_size);
  const auto got = lenient.read(10, out, read_mode::direct);
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(*got == out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool lost = (i + 10) / page_size == 1;
    if ((out[i] == std::byte{}) != lost) BOOST_ERROR("byte " << i);
  }
  BOOST_TEST(lenient.failed_reads() == 1U);
  BOOST_REQUIRE(lenient.first_failure().has_value());
  BOOST_TEST(lenient.first_failure()->os_error == EIO);
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_ends_where_the_device_ends) {
  auto device = below({{device_call::read, 1, EIO, true}});
  lenient_device lenient{device};
  std::vector<std::byte> out(2 * page_size);
  const auto got = lenient.read(2 * page_size, out, read_mode::cached);
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(*got == page_size + 100);
  const auto beyond = lenient.read(bytes + page_size, out, read_mode::cached);
  BOOST_REQUIRE(beyond.ok());
  BOOST_TEST(*beyond == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_is_changed) {
  memory_device device{std::vector<std::byte>(bytes)};
  lenient_device lenient{device};
  const std::array<std::byte, 4> some{};
  const byte_view view{some};
  BOOST_TEST(code_of(lenient.write(0, {&view, 1})) == errc::read_only);
  BOOST_TEST(code_of(lenient.sync()) == errc::read_only);
  BOOST_TEST(code_of(lenient.allocate(2 * bytes)) == errc::read_only);
  BOOST_TEST(code_of(lenient.resize(0)) == errc::read_only);
  lenient.drop_cache();
  BOOST_TEST(lenient.size() == bytes);
  BOOST_TEST(lenient.close().ok());
}

BOOST_AUTO_TEST_SUITE_END()
