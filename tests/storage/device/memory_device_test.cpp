#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <thread>

using namespace stowage;
using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(memory_devices)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_and_imaged) {
  memory_device device;
  BOOST_TEST(device.size() == 0U);
  BOOST_TEST(code_of(device.allocate(8)) == errc::none);
  const std::array buffers{as_bytes("ab"), as_bytes(""), as_bytes("cd")};
  BOOST_TEST(code_of(device.write(2, buffers)) == errc::none);
  BOOST_TEST(code_of(device.sync()) == errc::none);
  const std::string expected{"\0\0abcd\0\0", 8};
  BOOST_TEST(read_text(device, 0, 8) == expected);
  BOOST_TEST(read_text(device, 0, 8, read_mode::direct) == expected);
  const auto image = device.image();
  BOOST_TEST(as_text(image) == expected);
}

BOOST_AUTO_TEST_CASE(it_starts_from_an_image) {
  const auto text = as_bytes("image");
  memory_device device{std::vector<std::byte>{text.begin(), text.end()}, 3};
  BOOST_TEST(read_text(device, 0, 5) == "image");
  // Larger than the capacity already: no reason to fail where nothing has to grow.
  BOOST_TEST(code_of(device.allocate(5)) == errc::none);
  BOOST_TEST(code_of(device.allocate(6)) == errc::no_space);
}

BOOST_AUTO_TEST_CASE(reads_end_where_the_device_does) {
  memory_device device{std::vector<std::byte>(10, std::byte{'x'})};
  BOOST_TEST(read_text(device, 7, 100) == "xxx");
  BOOST_TEST(read_text(device, 10, 1).empty());
  BOOST_TEST(read_text(device, ~std::uint64_t{0}, 1).empty());
}

BOOST_AUTO_TEST_CASE(the_capacity_limits_growth_only) {
  memory_device device{100};
  BOOST_TEST(code_of(device.allocate(100)) == errc::none);
  BOOST_TEST(code_of(device.allocate(101)) == errc::no_space);
  BOOST_TEST(device.size() == 100U);
  BOOST_TEST(code_of(device.allocate(50)) == errc::none);
  BOOST_TEST(device.size() == 100U);
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_grows_back_as_zeros) {
  memory_device device{std::vector<std::byte>(4, std::byte{'x'})};
  BOOST_TEST(code_of(device.resize(2)) == errc::none);
  BOOST_TEST(code_of(device.allocate(4)) == errc::none);
  BOOST_TEST(read_text(device, 0, 4) == std::string("xx\0\0", 4));
}

BOOST_AUTO_TEST_CASE(mistakes_are_broken_invariants) {
  memory_device device{std::vector<std::byte>(4)};
  BOOST_CHECK_THROW((void)write_text(device, 3, "ab"), invariant_violation);
  BOOST_CHECK_THROW((void)write_text(device, 5, ""), invariant_violation);
  BOOST_CHECK_THROW((void)write_text(device, ~std::uint64_t{0}, "ab"), invariant_violation);
  BOOST_CHECK_THROW((void)device.resize(5), invariant_violation);
  device.drop_cache();
  BOOST_TEST(code_of(device.close()) == errc::none);
  BOOST_CHECK_THROW((void)device.size(), invariant_violation);
  BOOST_CHECK_THROW((void)device.sync(), invariant_violation);
  BOOST_TEST(device.image().size() == 4U);
}

BOOST_AUTO_TEST_CASE(reads_beside_writes_see_whole_calls) {
  memory_device device{std::vector<std::byte>(4096, std::byte{'a'})};
  bool mixed = false;
  std::thread reader{[&] {
    for (int i = 0; i < 2000; ++i) {
      std::array<std::byte, 4096> out{};
      (void)device.read(0, out, read_mode::cached);
      mixed = mixed || std::ranges::any_of(out, [&](std::byte b) { return b != out[0]; });
    }
  }};
  for (int i = 0; i < 2000; ++i)
    (void)write_text(device, 0, std::string(4096, static_cast<char>('a' + i % 26)));
  reader.join();
  BOOST_TEST(!mixed);
}

BOOST_AUTO_TEST_SUITE_END()
