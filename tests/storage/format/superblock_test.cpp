#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/superblock.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

// Where the fields stand, said a second time: the format must not move with the code.
constexpr std::size_t major_at = 16;
constexpr std::size_t minor_at = 18;
constexpr std::size_t page_size_at = 20;
constexpr std::size_t compat_at = 24;
constexpr std::size_t ro_compat_at = 32;
constexpr std::size_t incompat_at = 40;
constexpr std::size_t uuid_at = 48;
constexpr std::size_t generation_at = 64;
constexpr std::size_t epoch_at = 72;
constexpr std::size_t fence_at = 80;
constexpr std::size_t hash_seed_at = 88;
constexpr std::size_t flags_at = 96;
constexpr std::size_t min_file_at = 104;
constexpr std::size_t version_floor_at = 112;
constexpr std::size_t current_at = 120;
constexpr std::size_t previous_at = 240;
constexpr std::size_t fields_end = 360;
constexpr std::size_t sum_at = 4080;
// In a root.
constexpr std::size_t manifest_offset_at = 0;
constexpr std::size_t manifest_length_at = 8;
constexpr std::size_t entry_count_at = 32;
constexpr std::size_t last_at = 40;
constexpr std::size_t area_offset_at = 48;
constexpr std::size_t area_length_at = 56;
constexpr std::size_t area_salt_at = 64;
constexpr std::size_t position_at = 72;
constexpr std::size_t next_offset_at = 96;
constexpr std::size_t next_length_at = 104;

std::vector<std::byte> slot_of(const superblock& sb) { return copy_of(encode(sb).bytes()); }

superblock sample(std::uint64_t seed = 1) {
  random_source random{seed};
  auto sb = random_superblock(random);
  sb.current.start.next = random_area(random);
  sb.previous = random_root(random);
  return sb;
}

// The sample with one field changed behind the encoder's back, under a right checksum.
template <class T>
result<superblock> decode_with(std::size_t at, T value) {
  auto slot = slot_of(sample());
  store_le(slot, at, value);
  resum(slot, sum_at, 0);
  return decode_superblock(slot, 65'536);
}

template <class T>
void check_impossible(const char* field, std::size_t at, T value) {
  BOOST_TEST_CONTEXT(field << " = " << value)
  check_fails_at(decode_with(at, value), errc::corrupt, 65'536, "impossible fields");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(superblock_suite)

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      const auto sb = random_superblock(random);
      const auto back = decode_superblock(encode(sb).bytes(), 0);
      BOOST_REQUIRE(back.ok());
      BOOST_CHECK(*back == sb);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fields_stand_where_the_format_says) {
  const auto sb = sample();
  const auto slot = slot_of(sb);
  BOOST_REQUIRE_EQUAL(slot.size(), 4096U);
  BOOST_CHECK(as_text(byte_view{slot}.first(16)) == std::string_view("\xd3Stowage str\r\n\x1a\n"));
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(slot, major_at), 1U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(slot, minor_at), 0U);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(slot, page_size_at), 4096U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, compat_at), sb.feature_compat);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, ro_compat_at), sb.feature_ro_compat);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, incompat_at), 0U);
  BOOST_CHECK(std::ranges::equal(byte_view{slot}.subspan(uuid_at, 16), sb.id));
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, generation_at), sb.gen.value);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, epoch_at), sb.ep.value);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, fence_at), sb.fence.value);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, hash_seed_at), sb.hash_seed);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(slot, flags_at), sb.clean ? 1U : 0U);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(slot, flags_at + 4), 0U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, min_file_at), sb.min_file_bytes);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, version_floor_at), sb.version_floor.value);
  for (const auto& [at, r] : {std::pair{current_at, sb.current}, {previous_at, sb.previous}}) {
    const auto number = [&slot, start = at](std::size_t field) {
      return load_le<std::uint64_t>(slot, start + field);
    };
    BOOST_CHECK_EQUAL(number(manifest_offset_at), r.manifest.offset);
    BOOST_CHECK_EQUAL(number(manifest_length_at), r.manifest.length);
    BOOST_CHECK_EQUAL(number(16), r.manifest_sum.low);
    BOOST_CHECK_EQUAL(number(24), r.manifest_sum.high);
    BOOST_CHECK_EQUAL(number(entry_count_at), r.entry_count);
    BOOST_CHECK_EQUAL(number(last_at), r.start.last.value);
    BOOST_CHECK_EQUAL(number(area_offset_at), r.start.area.where.offset);
    BOOST_CHECK_EQUAL(number(area_length_at), r.start.area.where.length);
    BOOST_CHECK_EQUAL(number(area_salt_at), r.start.area.salt);
    BOOST_CHECK_EQUAL(number(position_at), r.start.offset);
    BOOST_CHECK_EQUAL(number(80), r.start.previous.low);
    BOOST_CHECK_EQUAL(number(88), r.start.previous.high);
    BOOST_CHECK_EQUAL(number(next_offset_at), r.start.next.where.offset);
    BOOST_CHECK_EQUAL(number(next_length_at), r.start.next.where.length);
    BOOST_CHECK_EQUAL(number(112), r.start.next.salt);
  }
  BOOST_CHECK(std::ranges::all_of(byte_view{slot}.subspan(fields_end, sum_at - fields_end),
                                  [](std::byte b) { return b == std::byte{0}; }));
  const auto sum = checksum(byte_view{slot}.first(sum_at), 0);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, sum_at), sum.low);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(slot, sum_at + 8), sum.high);
}

BOOST_AUTO_TEST_CASE(a_flip_of_any_bit_is_seen) {
  const auto whole = slot_of(sample());
  auto slot = whole;
  for (std::size_t at = 0; at < slot.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(slot, at, 1U << bit);
      const auto back = decode_superblock(slot, 0);
      if (back.ok() || back.error().code != (at < 16 ? errc::not_a_store : errc::corrupt))
        BOOST_ERROR("bit " << bit << " of byte " << at << " was flipped unseen");
      flip(slot, at, 1U << bit);
    }
  }
  BOOST_CHECK(slot == whole);
}

BOOST_AUTO_TEST_CASE(a_torn_slot_is_seen) {
  const auto before = slot_of(sample(1));
  const auto after = slot_of(sample(2));
  for (std::size_t cut = 512; cut < 4096; cut += 512) {
    auto torn = before;
    std::copy_n(after.begin(), cut, torn.begin());
    BOOST_TEST_CONTEXT("the first " << cut << " bytes are new")
    check_fails_at(decode_superblock(torn, 7), errc::corrupt, 7, "checksum");
  }
}

BOOST_AUTO_TEST_CASE(fewer_bytes_than_a_slot_are_not_a_store) {
  const auto slot = slot_of(sample());
  for (const std::size_t size : {0U, 1U, 16U, 360U, 4095U})
    check_fails_at(decode_superblock(byte_view{slot}.first(size), 9), errc::not_a_store, 9);
  // More are fine: only the first 4096 count.
  auto longer = slot;
  longer.resize(8192, std::byte{0xff});
  BOOST_CHECK(decode_superblock(longer, 0).ok());
}

BOOST_AUTO_TEST_CASE(zeros_and_foreign_bytes_are_not_a_store) {
  check_fails(decode_superblock(std::vector<std::byte>(4096), 0), errc::not_a_store);
  check_fails(decode_superblock(std::vector<std::byte>(4096, std::byte{0xff}), 0),
              errc::not_a_store);
}

BOOST_AUTO_TEST_CASE(a_newer_major_format_and_unknown_incompatible_features_are_refused) {
  check_fails_at(decode_with(major_at, std::uint16_t{2}), errc::unsupported_version, 65'536,
                 "format 2");
  check_fails(decode_with(major_at, std::uint16_t{0}), errc::unsupported_version);
  for (unsigned bit = 0; bit < 64; ++bit)
    check_fails(decode_with(incompat_at, std::uint64_t{1} << bit), errc::unsupported_version,
                "incompatible features");
}

BOOST_AUTO_TEST_CASE(a_newer_major_format_counts_before_its_fields_do) {
  auto slot = slot_of(sample());
  std::fill(slot.begin() + current_at, slot.begin() + fields_end, std::byte{0xff});
  store_le(slot, major_at, std::uint16_t{2});
  resum(slot, sum_at, 0);
  check_fails(decode_superblock(slot, 0), errc::unsupported_version);
}

BOOST_AUTO_TEST_CASE(what_older_programs_may_ignore_is_ignored) {
  const auto sb = sample();
  // A newer minor, unknown compat and ro_compat bits, unknown flags, the reserved field, the padding.
  BOOST_CHECK(decode_with(minor_at, std::uint16_t{7}).ok());
  BOOST_CHECK_EQUAL(decode_with(compat_at, UINT64_MAX)->feature_compat, UINT64_MAX);
  BOOST_CHECK_EQUAL(decode_with(ro_compat_at, UINT64_MAX)->feature_ro_compat, UINT64_MAX);
  BOOST_CHECK_EQUAL(decode_with(flags_at, ~std::uint32_t{1})->clean, false);
  BOOST_CHECK_EQUAL(decode_with(flags_at, ~std::uint32_t{0})->clean, true);
  BOOST_CHECK(*decode_with(flags_at + 4, UINT32_MAX) == sb);
  BOOST_CHECK(*decode_with(fields_end, UINT64_MAX) == sb);
}

BOOST_AUTO_TEST_CASE(each_impossible_field_is_refused) {
  check_impossible("page size", page_size_at, std::uint32_t{512});
  check_impossible("page size", page_size_at, std::uint32_t{8192});
  check_impossible("minimal file length", min_file_at, limits::file_bytes_max + 1);
  for (const auto start : {current_at, previous_at}) {
    BOOST_TEST_CONTEXT("the root at " << start) {
      const auto m = limits::file_bytes_max;
      check_impossible("manifest offset", start + manifest_offset_at, layout::data_start + 1);
      check_impossible("manifest offset", start + manifest_offset_at,
                       layout::data_start - page_size);
      check_impossible("manifest offset", start + manifest_offset_at, m);
      check_impossible("manifest offset", start + manifest_offset_at,
                       round_down(UINT64_MAX, page_size));
      check_impossible("manifest length", start + manifest_length_at, std::uint64_t{4097});
      check_impossible("manifest length", start + manifest_length_at, m + page_size);
      check_impossible("manifest length", start + manifest_length_at,
                       round_down(UINT64_MAX, page_size));
      check_impossible("entry count", start + entry_count_at, limits::blocks_max + 1);
      check_impossible("area offset", start + area_offset_at, std::uint64_t{0});
      check_impossible("area offset", start + area_offset_at, round_down(UINT64_MAX, page_size));
      check_impossible("area length", start + area_length_at, std::uint64_t{0});
      check_impossible("area length", start + area_length_at, page_size);
      check_impossible("area length", start + area_length_at, round_down(UINT64_MAX, page_size));
      check_impossible("next area offset", start + next_offset_at, std::uint64_t{512});
      // Something of an area without its length.
      check_impossible("next area length", start + next_length_at, std::uint64_t{0});
      const auto& r = start == current_at ? sample().current : sample().previous;
      const auto area = r.start.area.where;
      check_impossible("position", start + position_at, area.offset - page_size);
      check_impossible("position", start + position_at, area.end() + page_size);
      check_impossible("position", start + position_at, area.offset + 1);
      // A full area is fine.
      BOOST_CHECK(decode_with(start + position_at, area.end()).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_current_root_must_exist_and_the_previous_one_may_be_missing) {
  auto sb = sample();
  sb.previous = {};
  const auto back = decode_superblock(encode(sb).bytes(), 0);
  BOOST_REQUIRE(back.ok());
  BOOST_CHECK(!back->previous.exists());
  sb.current = {};
  check_fails(decode_superblock(encode(sb).bytes(), 0), errc::corrupt, "impossible fields");
  // A root without length but with something else is neither.
  check_impossible("manifest length", previous_at + manifest_length_at, std::uint64_t{0});
}

BOOST_AUTO_TEST_CASE(a_damaged_slot_still_makes_its_claims) {
  const auto sb = sample();
  auto slot = slot_of(sb);
  // The magic, the padding, the checksum: no field.
  for (const std::size_t at : {0U, 1000U, 4090U}) slot.at(at) ^= std::byte{1};
  const auto claimed = claimed_superblock(slot);
  BOOST_REQUIRE(claimed.has_value());
  BOOST_CHECK(*claimed == sb);
  // A root that cannot be is none.
  store_le(slot, current_at, std::uint64_t{4097});
  BOOST_CHECK(!claimed_superblock(slot)->current.exists());
  BOOST_CHECK(claimed_superblock(slot)->previous == sb.previous);

  BOOST_CHECK(!claimed_superblock(byte_view{slot}.first(4095)).has_value());
  auto newer = slot;
  store_le(newer, major_at, std::uint16_t{2});
  BOOST_CHECK(!claimed_superblock(newer).has_value());
  store_le(slot, incompat_at, std::uint64_t{1});
  BOOST_CHECK(!claimed_superblock(slot).has_value());
}

BOOST_AUTO_TEST_CASE(generations_alternate_slots) {
  superblock sb;
  for (std::uint64_t g = 0; g < 6; ++g) {
    sb.gen = generation{g};
    BOOST_CHECK_EQUAL(sb.slot(), g % 2);
  }
}

BOOST_AUTO_TEST_CASE(the_low_half_of_an_id_is_its_first_8_bytes) {
  uuid id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::byte>(i + 1);
  BOOST_CHECK_EQUAL(low_half(id), 0x0807060504030201U);
}

BOOST_AUTO_TEST_CASE(a_successor_is_the_slot_that_is_read_back) {
  auto before = sample();
  before.gen = generation{7};
  before.fence = lsn{40};
  auto next = before;
  next.gen = generation{8};
  next.fence = lsn{41};
  const auto slot = encode_successor(before, next);
  BOOST_TEST((copy_of(slot.bytes()) == slot_of(next)));
  // Nothing but the generation has to change.
  next.fence = before.fence;
  BOOST_CHECK_NO_THROW((void)encode_successor(before, next));
}

BOOST_AUTO_TEST_CASE(numbers_that_do_not_increase_are_a_broken_invariant) {
  auto before = sample();
  before.gen = generation{7};
  before.ep = epoch{3};
  before.fence = lsn{40};
  before.version_floor = version{90};
  const std::vector<std::function<void(superblock&)>> edits{
      [](superblock& sb) { sb.gen = generation{7}; },
      [](superblock& sb) { sb.gen = generation{6}; },
      [](superblock& sb) { sb.gen = generation{9}; },
      [](superblock& sb) { sb.ep = epoch{2}; },
      [](superblock& sb) { sb.fence = lsn{39}; },
      [](superblock& sb) { sb.version_floor = version{89}; },
      [](superblock& sb) { sb.id[3] ^= std::byte{1}; },
      [](superblock& sb) { ++sb.hash_seed; }};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    auto next = before;
    next.gen = generation{8};
    edits[i](next);
    BOOST_TEST_CONTEXT("edit " << i)
    BOOST_CHECK_THROW((void)encode_successor(before, next), invariant_violation);
  }
}

BOOST_AUTO_TEST_CASE(a_successor_that_a_recovery_would_refuse_is_a_broken_invariant) {
  auto before = sample();
  before.gen = generation{7};
  const std::vector<std::function<void(superblock&)>> edits{
      [](superblock& sb) { sb.current = {}; },
      [](superblock& sb) { sb.current.manifest.offset += 1; },
      [](superblock& sb) {
        sb.current.start.offset = sb.current.start.area.where.end() + page_size;
      },
      [](superblock& sb) { sb.min_file_bytes = limits::file_bytes_max + 1; },
      [](superblock& sb) { sb.feature_incompat = 1; }};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    auto next = before;
    next.gen = generation{8};
    edits[i](next);
    BOOST_TEST_CONTEXT("edit " << i)
    BOOST_CHECK_THROW((void)encode_successor(before, next), invariant_violation);
  }
}

BOOST_AUTO_TEST_SUITE_END()
