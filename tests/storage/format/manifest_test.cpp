#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/manifest.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t place = 99 * page_size;

constexpr std::size_t magic_at = 0;
constexpr std::size_t major_at = 8;
constexpr std::size_t number_at = 16;
constexpr std::size_t entry_count_at = 24;
constexpr std::size_t page_count_at = 32;
constexpr std::size_t body_bytes_at = 40;
constexpr std::size_t first_ref_at = 48;
constexpr std::size_t length_at = 8;
constexpr std::size_t entries_at = 12;
constexpr std::size_t name_length_at = 32;
constexpr std::size_t name_at = 34;

manifest random_manifest(random_source& random, std::size_t pages) {
  manifest m;
  m.number = lsn{random()};
  std::set<std::string> names;
  while (names.size() < pages) names.insert(random_name(random, 1 + below(random, 30)));
  for (const auto& name : names) {
    checkpoint_page_ref p;
    p.where = {layout::data_start + below(random, 1'000'000) * page_size,
               (1 + below(random, 16)) * page_size};
    p.entry_count = 1 + static_cast<std::uint32_t>(below(random, 2'000));
    p.sum = random_hash(random);
    p.first_name = name;
    m.entry_count += p.entry_count;
    m.pages.push_back(std::move(p));
  }
  return m;
}

// Two pages: "a" with 10 entries and "b" with 20.
manifest sample() {
  manifest m;
  m.number = lsn{7};
  m.entry_count = 30;
  m.pages = {{{layout::data_start, 65'536}, 10, {1, 2}, "a"},
             {{layout::data_start + 65'536, 4096}, 20, {3, 4}, "b"}};
  return m;
}

constexpr std::size_t second_ref_at = first_ref_at + 34 + 1;
constexpr std::size_t refs_end = second_ref_at + 34 + 1;

template <class T>
result<manifest> decode_with(std::size_t at, T value) {
  auto bytes = copy_of(encode(sample()).bytes());
  store_le(bytes, at, value);
  return decode_manifest(bytes, place);
}

template <class T>
void check_bad(std::size_t at, T value, std::string_view detail) {
  BOOST_TEST_CONTEXT("field at " << at << " = " << +value)
  check_fails_at(decode_with(at, value), errc::corrupt, place, detail);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifest_suite)

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded) {
  for (std::uint64_t seed = 0; seed <= 100; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      const auto m = random_manifest(random, seed == 0 ? 0 : below(random, 300));
      const auto bytes = encode(m);
      BOOST_CHECK(is_page_aligned(bytes.size()));
      BOOST_CHECK_GE(bytes.size(), page_size);
      const auto back = decode_manifest(bytes.bytes(), place);
      BOOST_REQUIRE(back.ok());
      BOOST_CHECK(*back == m);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fields_stand_where_the_format_says) {
  const auto bytes = copy_of(encode(sample()).bytes());
  const auto u64 = [&](std::size_t at) { return load_le<std::uint64_t>(bytes, at); };
  const auto u32 = [&](std::size_t at) { return load_le<std::uint32_t>(bytes, at); };
  BOOST_CHECK_EQUAL(bytes.size(), 4096U);
  BOOST_CHECK(as_text(byte_view{bytes}.subspan(magic_at, 8)) ==
              std::string_view("\xd2STOWM\x1a\n"));
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, major_at), 1U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, 10), 0U);
  BOOST_CHECK_EQUAL(u32(12), 0U);
  BOOST_CHECK_EQUAL(u64(number_at), 7U);
  BOOST_CHECK_EQUAL(u64(entry_count_at), 30U);
  BOOST_CHECK_EQUAL(u64(page_count_at), 2U);
  BOOST_CHECK_EQUAL(u64(body_bytes_at), refs_end - first_ref_at);
  BOOST_CHECK_EQUAL(u64(first_ref_at), layout::data_start);
  BOOST_CHECK_EQUAL(u32(first_ref_at + length_at), 65'536U);
  BOOST_CHECK_EQUAL(u32(first_ref_at + entries_at), 10U);
  BOOST_CHECK_EQUAL(u64(first_ref_at + 16), 1U);
  BOOST_CHECK_EQUAL(u64(first_ref_at + 24), 2U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, first_ref_at + name_length_at), 1U);
  BOOST_CHECK(bytes[first_ref_at + name_at] == std::byte{'a'});
  BOOST_CHECK_EQUAL(u64(second_ref_at), layout::data_start + 65'536);
  BOOST_CHECK(std::ranges::all_of(byte_view{bytes}.subspan(refs_end),
                                  [](std::byte b) { return b == std::byte{0}; }));
}

BOOST_AUTO_TEST_CASE(a_manifest_cut_short_at_any_byte_is_seen) {
  const auto bytes = copy_of(encode(sample()).bytes());
  for (std::size_t size = 0; size < refs_end; ++size) {
    BOOST_TEST_CONTEXT(size << " bytes")
    check_fails_at(decode_manifest(byte_view{bytes}.first(size), place), errc::corrupt, place,
                   "cut short");
  }
  BOOST_CHECK(decode_manifest(byte_view{bytes}.first(refs_end), place).ok());
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_refused_as_such) {
  for (const std::uint16_t major : {std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{UINT16_MAX}})
    check_fails_at(decode_with(major_at, major), errc::unsupported_version, place);
}

BOOST_AUTO_TEST_CASE(each_malformed_field_is_refused) {
  check_bad(magic_at, std::uint64_t{0}, "no checkpoint manifest");
  check_bad(magic_at, layout::checkpoint_page_magic, "no checkpoint manifest");
  check_bad(entry_count_at, std::uint64_t{29}, "does not add up");
  check_bad(entry_count_at, std::uint64_t{31}, "does not add up");
  check_bad(page_count_at, std::uint64_t{1}, "does not add up");
  check_bad(page_count_at, std::uint64_t{0}, "does not add up");
  // Were memory reserved for these, it would throw.
  for (const auto count : {std::uint64_t{3}, std::uint64_t{1} << 44U, UINT64_MAX})
    check_bad(page_count_at, count, "too many pages");
  check_bad(body_bytes_at, std::uint64_t{refs_end - first_ref_at - 1}, "cut short");
  check_bad(body_bytes_at, std::uint64_t{refs_end - first_ref_at + 1}, "does not add up");
  check_bad(body_bytes_at, std::uint64_t{4096 - 47}, "cut short");
  check_bad(body_bytes_at, UINT64_MAX, "cut short");
  const auto* impossible = "impossible fields";
  for (const auto ref : {first_ref_at, second_ref_at}) {
    check_bad(ref, std::uint64_t{0}, impossible);
    check_bad(ref, layout::data_start - page_size, impossible);
    check_bad(ref, layout::data_start + 512, impossible);
    check_bad(ref, limits::file_bytes_max, impossible);
    check_bad(ref, round_down(UINT64_MAX, page_size), impossible);
    check_bad(ref + length_at, std::uint32_t{0}, impossible);
    check_bad(ref + length_at, std::uint32_t{4097}, impossible);
    check_bad(ref + entries_at, std::uint32_t{0}, impossible);
    check_bad(ref + name_length_at, std::uint16_t{0}, ref == first_ref_at ? "" : impossible);
  }
  // The last name before the first one, and the same twice.
  check_bad(second_ref_at + name_at, std::uint8_t{'A'}, impossible);
  check_bad(second_ref_at + name_at, std::uint8_t{'a'}, impossible);
}

BOOST_AUTO_TEST_CASE(a_page_longer_than_any_can_be_is_refused) {
  // R8: before memory is taken for a page.
  const auto longest = static_cast<std::uint32_t>(layout::checkpoint_page_bytes_max);
  BOOST_CHECK(decode_with(first_ref_at + length_at, longest).ok());
  check_bad(first_ref_at + length_at, static_cast<std::uint32_t>(longest + page_size),
            "impossible fields");
  check_bad(first_ref_at + length_at, std::uint32_t{0xffff'f000}, "impossible fields");
}

BOOST_AUTO_TEST_CASE(a_first_name_is_at_most_1024_bytes) {
  auto m = sample();
  m.pages[0].first_name = std::string(1024, 'a');
  BOOST_CHECK(decode_manifest(encode(m).bytes(), place).ok());
  m.pages[0].first_name.push_back('a');
  check_fails_at(decode_manifest(encode(m).bytes(), place), errc::corrupt, place,
                 "impossible fields");
}

BOOST_AUTO_TEST_CASE(entry_counts_do_not_come_around) {
  // Sums of 32-bit counts in 64 bits.
  auto m = sample();
  m.pages[0].entry_count = UINT32_MAX;
  m.pages[1].entry_count = UINT32_MAX;
  m.entry_count = 2 * std::uint64_t{UINT32_MAX};
  BOOST_CHECK(decode_manifest(encode(m).bytes(), place).ok());
  m.entry_count = static_cast<std::uint32_t>(m.entry_count);
  check_fails(decode_manifest(encode(m).bytes(), place), errc::corrupt, "does not add up");
}

BOOST_AUTO_TEST_SUITE_END()
