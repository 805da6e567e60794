#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/journal_record.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t store_seed = 0x1234'5678'9abc'def0;
constexpr std::uint64_t place = 3 * layout::data_start;

constexpr std::size_t major_at = 8;
constexpr std::size_t kind_at = 10;
constexpr std::size_t total_at = 12;
constexpr std::size_t body_bytes_at = 16;
constexpr std::size_t op_count_at = 20;
constexpr std::size_t reserved_at = 28;
constexpr std::size_t number_at = 48;
constexpr std::size_t synced_at = 64;
constexpr std::size_t next_area_at = 88;
constexpr std::size_t header_sum_at = 128;
constexpr std::size_t header_end = 144;

record_header random_header(random_source& random) {
  record_header h;
  h.op_count = static_cast<std::uint32_t>(random());
  h.transaction_count = static_cast<std::uint32_t>(random());
  h.uuid_low = random();
  h.area_salt = random();
  h.number = lsn{1 + below(random, UINT64_MAX)};
  h.ep = epoch{random()};
  h.synced_through = lsn{below(random, h.number.value)};
  h.previous = random_hash(random);
  if (below(random, 3) != 0) h.next_area = random_area(random);
  return h;
}

std::vector<std::byte> random_body(random_source& random, std::size_t size) {
  std::vector<std::byte> body(size);
  for (auto& b : body) b = static_cast<std::byte>(random());
  return body;
}

struct sample {
  record_header header;
  std::vector<std::byte> bytes;
};

sample make_sample(record_kind kind = record_kind::group, std::size_t body_bytes = 777) {
  random_source random{body_bytes};
  sample s;
  s.header = random_header(random);
  s.header.kind = kind;
  if (kind == record_kind::seal) {
    body_bytes = 0;
    s.header.op_count = 0;
  }
  s.bytes = copy_of(encode_record(s.header, random_body(random, body_bytes), store_seed).bytes());
  return s;
}

template <class T>
result<record_header> decode_with(sample s, std::size_t at, T value) {
  store_le(s.bytes, at, value);
  resum(s.bytes, header_sum_at, store_seed);
  return decode_record_header(s.bytes, place, store_seed);
}

template <class T>
void check_impossible(const sample& s, std::size_t at, T value) {
  BOOST_TEST_CONTEXT("field at " << at << " = " << value)
  check_fails_at(decode_with(s, at, value), errc::corrupt, place, "impossible fields");
}

void check_equal(const record_header& a, const record_header& b) {
  BOOST_CHECK(a.kind == b.kind);
  BOOST_CHECK_EQUAL(a.total_bytes, b.total_bytes);
  BOOST_CHECK_EQUAL(a.body_bytes, b.body_bytes);
  BOOST_CHECK_EQUAL(a.op_count, b.op_count);
  BOOST_CHECK_EQUAL(a.transaction_count, b.transaction_count);
  BOOST_CHECK_EQUAL(a.uuid_low, b.uuid_low);
  BOOST_CHECK_EQUAL(a.area_salt, b.area_salt);
  BOOST_CHECK(a.number == b.number);
  BOOST_CHECK(a.ep == b.ep);
  BOOST_CHECK(a.synced_through == b.synced_through);
  BOOST_CHECK(a.previous == b.previous);
  BOOST_CHECK(a.next_area == b.next_area);
  BOOST_CHECK(a.body_sum == b.body_sum);
  BOOST_CHECK(a.header_sum == b.header_sum);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_record_suite)

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      auto header = random_header(random);
      const auto body = random_body(random, below(random, 20'000));
      const auto record = encode_record(header, body, store_seed);
      BOOST_CHECK_EQUAL(record.size(), record_bytes_for(body.size()));
      BOOST_CHECK_EQUAL(record.size(), header.total_bytes);
      BOOST_CHECK(is_page_aligned(record.size()));

      // The header alone is enough to decode it.
      const auto back = decode_record_header(record.bytes().first(header_end), place, store_seed);
      BOOST_REQUIRE(back.ok());
      check_equal(*back, header);
      const auto body_back = record_body(*back, record.bytes(), place, store_seed);
      BOOST_REQUIRE(body_back.ok());
      BOOST_CHECK(std::ranges::equal(*body_back, body));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fields_stand_where_the_format_says) {
  const auto s = make_sample();
  const auto& h = s.header;
  const auto u64 = [&](std::size_t at) { return load_le<std::uint64_t>(s.bytes, at); };
  const auto u32 = [&](std::size_t at) { return load_le<std::uint32_t>(s.bytes, at); };
  BOOST_CHECK(as_text(byte_view{s.bytes}.first(8)) == std::string_view("\xd2STOWJ\x1a\n"));
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(s.bytes, major_at), 1U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(s.bytes, kind_at), 1U);
  BOOST_CHECK_EQUAL(u32(total_at), 4096U);
  BOOST_CHECK_EQUAL(u32(body_bytes_at), 777U);
  BOOST_CHECK_EQUAL(u32(op_count_at), h.op_count);
  BOOST_CHECK_EQUAL(u32(24), h.transaction_count);
  BOOST_CHECK_EQUAL(u32(reserved_at), 0U);
  BOOST_CHECK_EQUAL(u64(32), h.uuid_low);
  BOOST_CHECK_EQUAL(u64(40), h.area_salt);
  BOOST_CHECK_EQUAL(u64(number_at), h.number.value);
  BOOST_CHECK_EQUAL(u64(56), h.ep.value);
  BOOST_CHECK_EQUAL(u64(synced_at), h.synced_through.value);
  BOOST_CHECK_EQUAL(u64(72), h.previous.low);
  BOOST_CHECK_EQUAL(u64(80), h.previous.high);
  BOOST_CHECK_EQUAL(u64(88), h.next_area.where.offset);
  BOOST_CHECK_EQUAL(u64(96), h.next_area.where.length);
  BOOST_CHECK_EQUAL(u64(104), h.next_area.salt);
  const auto body_sum = checksum(byte_view{s.bytes}.subspan(header_end, 777), store_seed);
  BOOST_CHECK_EQUAL(u64(112), body_sum.low);
  BOOST_CHECK_EQUAL(u64(120), body_sum.high);
  const auto header_sum = checksum(byte_view{s.bytes}.first(header_sum_at), store_seed);
  BOOST_CHECK_EQUAL(u64(128), header_sum.low);
  BOOST_CHECK_EQUAL(u64(136), header_sum.high);
  BOOST_CHECK(std::ranges::all_of(byte_view{s.bytes}.subspan(header_end + 777),
                                  [](std::byte b) { return b == std::byte{0}; }));
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(make_sample(record_kind::seal).bytes, kind_at), 2U);
}

BOOST_AUTO_TEST_CASE(records_are_whole_pages) {
  BOOST_CHECK_EQUAL(record_bytes_for(0), 4096U);
  BOOST_CHECK_EQUAL(record_bytes_for(4096 - 144), 4096U);
  BOOST_CHECK_EQUAL(record_bytes_for(4096 - 143), 8192U);
}

BOOST_AUTO_TEST_CASE(a_flip_of_any_bit_of_the_header_is_seen) {
  for (const auto kind : {record_kind::group, record_kind::seal}) {
    auto s = make_sample(kind);
    for (std::size_t at = 0; at < header_end; ++at) {
      for (unsigned mask = 1; mask < 256; ++mask) {
        flip(s.bytes, at, mask);
        const auto back = decode_record_header(s.bytes, place, store_seed);
        if (back.ok() || back.error().code != errc::corrupt)
          BOOST_ERROR("byte " << at << " xor " << mask << " was not seen");
        flip(s.bytes, at, mask);
      }
    }
    BOOST_CHECK(decode_record_header(s.bytes, place, store_seed).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_flip_of_any_bit_of_the_body_is_seen_and_padding_is_not_looked_at) {
  auto s = make_sample();
  for (std::size_t at = header_end; at < s.bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(s.bytes, at, 1U << bit);
      const auto header = decode_record_header(s.bytes, place, store_seed);
      BOOST_REQUIRE(header.ok());
      const auto body = record_body(*header, s.bytes, place, store_seed);
      if (body.ok() != (at >= header_end + 777))
        BOOST_ERROR("bit " << bit << " of byte " << at
                           << (body.ok() ? " was not seen" : " counted"));
      flip(s.bytes, at, 1U << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(another_stores_seed_finds_no_record) {
  const auto s = make_sample();
  check_fails_at(decode_record_header(s.bytes, place, store_seed + 1), errc::corrupt, place,
                 "checksum");
  check_fails_at(record_body(s.header, s.bytes, place, store_seed + 1), errc::corrupt, place,
                 "checksum");
}

BOOST_AUTO_TEST_CASE(a_record_cut_short_is_seen) {
  const auto s = make_sample(record_kind::group, 5000);
  for (std::size_t size = 0; size < header_end; ++size)
    check_fails_at(decode_record_header(byte_view{s.bytes}.first(size), place, store_seed),
                   errc::corrupt, place, "cut short");
  for (const std::size_t size : {0U, 144U, 4096U, 5144U, 8191U})
    check_fails_at(record_body(s.header, byte_view{s.bytes}.first(size), place, store_seed),
                   errc::corrupt, place, "cut short");
}

BOOST_AUTO_TEST_CASE(zeros_are_no_record) {
  check_fails_at(decode_record_header(std::vector<std::byte>(4096), place, store_seed),
                 errc::corrupt, place, "no record");
}

BOOST_AUTO_TEST_CASE(lengths_that_lie_are_refused) {
  const auto s = make_sample();
  for (const std::uint32_t total : {0U, 1U, 144U, 4095U, 4097U, 8192U, 0xffff'f000U, UINT32_MAX})
    check_impossible(s, total_at, total);
  for (const std::uint32_t body : {3953U, 8192U, 0xffff'ff00U, UINT32_MAX})
    check_impossible(s, body_bytes_at, body);
  // Both lie alike: 16 MiB and a page.
  auto longer = s;
  store_le(longer.bytes, total_at,
           static_cast<std::uint32_t>(limits::record_bytes_max + page_size));
  check_impossible(longer, body_bytes_at, static_cast<std::uint32_t>(limits::record_bytes_max));
  // Another body of the same page count is no lie of the header: the body's checksum finds it.
  const auto shorter = decode_with(s, body_bytes_at, std::uint32_t{776});
  BOOST_REQUIRE(shorter.ok());
  check_fails(record_body(*shorter, s.bytes, place, store_seed), errc::corrupt, "body");
}

BOOST_AUTO_TEST_CASE(other_impossible_fields_are_refused) {
  const auto s = make_sample();
  check_impossible(s, number_at, std::uint64_t{0});
  check_impossible(s, synced_at, s.header.number.value);
  check_impossible(s, synced_at, s.header.number.value + 1);
  check_impossible(s, next_area_at, std::uint64_t{4096});
  check_impossible(s, next_area_at, layout::data_start + 1);
  check_impossible(s, next_area_at + 8, std::uint64_t{4096});
  check_impossible(s, next_area_at + 8, round_down(UINT64_MAX, page_size));
  BOOST_CHECK(decode_with(s, synced_at, s.header.number.value - 1).ok());
  BOOST_CHECK(decode_with(s, reserved_at, std::uint32_t{7}).ok());
}

BOOST_AUTO_TEST_CASE(a_seal_carries_no_ops) {
  const auto seal = make_sample(record_kind::seal);
  BOOST_CHECK(decode_record_header(seal.bytes, place, store_seed).ok());
  BOOST_CHECK_EQUAL(seal.bytes.size(), page_size);
  check_impossible(seal, op_count_at, std::uint32_t{1});
  check_impossible(seal, body_bytes_at, std::uint32_t{1});
}

BOOST_AUTO_TEST_CASE(a_record_of_a_newer_format_says_so) {
  const auto s = make_sample();
  for (const std::uint16_t major : {std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{UINT16_MAX}})
    check_fails_at(decode_with(s, major_at, major), errc::unsupported_version, place);
  for (const std::uint16_t kind : {std::uint16_t{0}, std::uint16_t{3}, std::uint16_t{UINT16_MAX}})
    check_fails_at(decode_with(s, kind_at, kind), errc::unsupported_version, place);
}

BOOST_AUTO_TEST_CASE(a_record_is_at_most_16_mib) {
  constexpr auto largest = limits::record_bytes_max - header_end;
  record_header h;
  h.number = lsn{1};
  std::vector<std::byte> body(largest, std::byte{0x5a});
  const auto record = encode_record(h, body, store_seed);
  BOOST_CHECK_EQUAL(record.size(), 16U * 1024U * 1024U);
  const auto back = decode_record_header(record.bytes(), place, store_seed);
  BOOST_REQUIRE(back.ok());
  BOOST_CHECK(record_body(*back, record.bytes(), place, store_seed).ok());
  body.push_back(std::byte{0});
  BOOST_CHECK_THROW((void)encode_record(h, body, store_seed), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
