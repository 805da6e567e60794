#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/journal_position.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr auto smallest = limits::journal_area_bytes_min;
constexpr auto largest = limits::journal_area_bytes_limit;
constexpr auto file_max = limits::file_bytes_max;

bool valid(std::uint64_t offset, std::uint64_t length, std::uint64_t salt = 1) {
  return is_valid(area_ref{{offset, length}, salt});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_position_suite)

BOOST_AUTO_TEST_CASE(an_area_reference_is_24_bytes_and_comes_back) {
  random_source random{1};
  for (int i = 0; i < 100; ++i) {
    const area_ref a{{random(), random()}, random()};
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    encode_area_ref(out, a);
    BOOST_REQUIRE_EQUAL(bytes.size(), layout::area_ref_bytes);
    BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, 0), a.where.offset);
    BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, 8), a.where.length);
    BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, 16), a.salt);
    byte_reader in{bytes};
    BOOST_CHECK(decode_area_ref(in) == a);
    BOOST_CHECK(in.finished());
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_valid_and_nothing_with_something_is_not) {
  BOOST_CHECK(is_valid(area_ref{}));
  BOOST_CHECK(!valid(0, 0, 1));
  BOOST_CHECK(!valid(layout::data_start, 0, 0));
}

BOOST_AUTO_TEST_CASE(an_area_is_aligned_and_lies_inside_the_largest_file) {
  BOOST_CHECK(valid(layout::data_start, smallest));
  BOOST_CHECK(valid(layout::data_start, smallest, 0));
  BOOST_CHECK(valid(file_max - smallest, smallest));
  BOOST_CHECK(valid(layout::data_start, largest));
  BOOST_CHECK(valid(file_max - largest, largest));

  BOOST_CHECK(!valid(layout::data_start - page_size, smallest));
  BOOST_CHECK(!valid(0, smallest));
  BOOST_CHECK(!valid(layout::data_start + 512, smallest));
  BOOST_CHECK(!valid(layout::data_start, smallest + 512));
  BOOST_CHECK(!valid(layout::data_start, smallest - page_size));
  BOOST_CHECK(!valid(layout::data_start, largest + page_size));
  BOOST_CHECK(!valid(file_max - smallest + page_size, smallest));
  BOOST_CHECK(!valid(layout::data_start, file_max));
  BOOST_CHECK(!valid(layout::data_start, file_max + page_size));
}

BOOST_AUTO_TEST_CASE(sums_beyond_64_bits_do_not_come_around) {
  const auto huge = round_down(UINT64_MAX, page_size);
  BOOST_CHECK(!valid(huge, smallest));
  BOOST_CHECK(!valid(layout::data_start, huge));
  BOOST_CHECK(!valid(huge - smallest + page_size, smallest));
  BOOST_CHECK(!valid(huge, huge));
}

BOOST_AUTO_TEST_SUITE_END()
