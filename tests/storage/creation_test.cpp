#include <stowage/storage/creation.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace stowage;
using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(creation)

BOOST_AUTO_TEST_CASE(a_new_store_is_an_empty_one) {
  memory_device device;
  BOOST_REQUIRE(create_store(device, {}).ok());
  const auto opened = recover(device, store_access::read_write);
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST(opened->was_clean);
  BOOST_TEST(opened->index.size() == 0U);
  BOOST_TEST(opened->sb.ep.value == 2U);
}

BOOST_AUTO_TEST_CASE(without_space_nothing_is_written) {
  memory_device device{1'000'000};
  BOOST_TEST(code_of(create_store(device, {})) == errc::no_space);
  BOOST_TEST(device.size() == 0U);
}

BOOST_AUTO_TEST_CASE(each_failing_call_is_told) {
  for (const auto call : {device_call::allocate, device_call::write, device_call::sync})
    for (std::uint64_t nth = 1;; ++nth) {
      faulty_device device{std::make_unique<memory_device>(),
                           {.script = {{call, nth, EIO, false}}}};
      const auto made = create_store(device, {});
      if (made.ok()) {
        BOOST_TEST(nth > 1U);
        break;
      }
      BOOST_TEST(code_of(made) == errc::io_error, name_of(call) << " " << nth);
    }
}

BOOST_AUTO_TEST_SUITE_END()
