#include <stowage/storage/core/little_endian.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const auto v : values) bytes.push_back(static_cast<std::byte>(v));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(little_endian)

BOOST_AUTO_TEST_CASE(the_lowest_byte_comes_first) {
  std::vector<std::byte> out;
  byte_writer{out}
      .number(std::uint8_t{0x01})
      .number(std::uint16_t{0x0302})
      .number(std::uint32_t{0x07060504})
      .number(std::uint64_t{0x0f0e0d0c0b0a0908});
  BOOST_TEST((out == bytes_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  std::vector<std::byte> out;
  byte_writer writer{out};
  writer.number(std::uint32_t{0xdeadbeef}).hash({1, 2}).bytes(as_bytes("name")).pad_to(64);
  BOOST_TEST(writer.size() == 64U);

  byte_reader reader{out};
  BOOST_TEST(reader.number<std::uint32_t>() == 0xdeadbeefU);
  BOOST_TEST((reader.hash() == hash128{1, 2}));
  BOOST_TEST(as_text(reader.bytes(4)) == "name");
  BOOST_TEST(reader.remaining() == 64U - 24U);
  BOOST_TEST(!reader.finished());
  const auto padding = reader.bytes(reader.remaining());
  BOOST_TEST(
      (std::vector<std::byte>(padding.begin(), padding.end()) == std::vector<std::byte>(40)));
  BOOST_TEST(reader.finished());
}

BOOST_AUTO_TEST_CASE(a_writer_appends) {
  auto out = bytes_of({9});
  byte_writer{out}.number(std::uint16_t{1});
  BOOST_TEST((out == bytes_of({9, 1, 0})));
}

BOOST_AUTO_TEST_CASE(a_writer_fills_a_view_and_never_leaves_it) {
  std::vector<std::byte> out(6, std::byte{9});
  byte_writer writer{mutable_byte_view{out}.first(5)};
  writer.number(std::uint16_t{0x0201}).bytes(as_bytes("ab")).bytes({});
  BOOST_TEST(writer.size() == 4U);
  BOOST_CHECK_THROW(writer.number(std::uint16_t{3}), invariant_violation);
  writer.number(std::uint8_t{3});
  BOOST_CHECK_THROW(writer.bytes(as_bytes("c")), invariant_violation);
  BOOST_TEST(writer.size() == 5U);
  BOOST_TEST((out == bytes_of({1, 2, 'a', 'b', 3, 9})));
}

BOOST_AUTO_TEST_CASE(numbers_at_places) {
  std::vector<std::byte> bytes(11);
  store_le(bytes, 3, std::uint64_t{0x0123456789abcdef});
  BOOST_TEST((bytes == bytes_of({0, 0, 0, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01})));
  BOOST_TEST(load_le<std::uint64_t>(bytes, 3) == 0x0123456789abcdefU);
  BOOST_TEST(load_le<std::uint16_t>(bytes, 9) == 0x0123U);
  BOOST_TEST(load_le<std::uint8_t>(bytes, 10) == 0x01U);
}

BOOST_AUTO_TEST_CASE(a_read_past_the_end_fails_and_gives_zero) {
  for (std::size_t size = 0; size < 8; ++size) {
    const std::vector<std::byte> bytes(size, std::byte{0xff});
    byte_reader reader{bytes};
    BOOST_TEST(reader.number<std::uint64_t>() == 0U);
    BOOST_TEST(reader.failed());
    BOOST_TEST(!reader.finished());
  }
}

BOOST_AUTO_TEST_CASE(a_failed_reader_stays_failed) {
  const auto bytes = bytes_of({1, 2, 3, 4});
  byte_reader reader{bytes};
  BOOST_TEST(reader.number<std::uint16_t>() == 0x0201U);
  BOOST_TEST(reader.bytes(3).empty());
  // These would fit.
  BOOST_TEST(reader.number<std::uint8_t>() == 0U);
  BOOST_TEST(reader.bytes(1).empty());
  BOOST_TEST((reader.hash() == hash128{}));
  BOOST_TEST(reader.bytes(0).empty());
  BOOST_TEST(reader.failed());
  BOOST_TEST(!reader.finished());
}

BOOST_AUTO_TEST_CASE(a_hostile_length_does_not_wrap) {
  const auto bytes = bytes_of({1, 2});
  byte_reader reader{bytes};
  BOOST_TEST(reader.bytes(static_cast<std::size_t>(-1)).empty());
  BOOST_TEST(reader.failed());
}

BOOST_AUTO_TEST_CASE(an_empty_input_is_finished_at_once) {
  byte_reader reader{{}};
  BOOST_TEST(reader.finished());
  BOOST_TEST(reader.bytes(0).empty());
  BOOST_TEST(reader.finished());
}

BOOST_AUTO_TEST_CASE(half_a_hash_is_a_failure) {
  const std::vector<std::byte> bytes(15, std::byte{1});
  byte_reader reader{bytes};
  (void)reader.hash();
  BOOST_TEST(reader.failed());
}

BOOST_AUTO_TEST_SUITE_END()
