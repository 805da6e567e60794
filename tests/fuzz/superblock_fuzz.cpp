// One superblock slot, and the election between two.
//
// Input: a byte of switches, the 360 bytes of fields of slot 0, those of slot 1, then padding of slot 0. The
// magic and the checksum are put in unless a switch leaves them out, so that the fields are what is tried.

#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <array>

namespace stowage::fuzz {

namespace {

enum : unsigned {
  own_magic = 1,   // per slot, shifted by its number
  wrong_sum = 4,   // likewise
  cut_short = 16,  // likewise: the file ends inside the slot
};

constexpr std::uint64_t superblock_seed = 0;
constexpr std::size_t magic_bytes = layout::superblock_magic.size();

void put_sum(mutable_byte_view slot) {
  const auto sum = checksum(slot.first(layout::superblock_hash_at), superblock_seed);
  store_le(slot, layout::superblock_hash_at, sum.low);
  store_le(slot, layout::superblock_hash_at + 8, sum.high);
}

bytes slot_of(choices& from, unsigned switches, std::size_t number) {
  bytes slot(layout::superblock_bytes);
  std::ranges::copy(from.bytes(layout::superblock_fields_bytes), slot.begin());
  if ((switches & own_magic << number) == 0)
    std::ranges::copy(std::as_bytes(std::span{layout::superblock_magic}), slot.begin());
  return slot;
}

void finish(bytes& slot, unsigned switches, std::size_t number) {
  put_sum(slot);
  if ((switches & wrong_sum << number) != 0) slot.back() ^= std::byte{1};
  if ((switches & cut_short << number) != 0) slot.pop_back();
}

// The bytes with all that a reader ignores as a writer writes it.
bytes as_written(byte_view slot_bytes) {
  bytes slot{slot_bytes.begin(), slot_bytes.end()};
  store_le<std::uint16_t>(slot, 18, 0);  // format_minor
  store_le(slot, 96, load_le<std::uint32_t>(slot, 96) & layout::superblock_flag_clean);
  store_le<std::uint32_t>(slot, 100, 0);  // reserved
  std::fill(slot.begin() + layout::superblock_fields_bytes,
            slot.begin() + layout::superblock_hash_at, std::byte{});
  put_sum(slot);
  return slot;
}

bool is_in_file(const extent& e) {
  return e.offset >= layout::data_start && e.length <= limits::file_bytes_max &&
         e.offset + e.length <= limits::file_bytes_max && is_page_aligned(e.offset) &&
         is_page_aligned(e.length);
}

void check_area(const area_ref& a) {
  if (!a.exists()) return require(a == area_ref{}, "no area is all zeros");
  require(is_in_file(a.where) && a.where.length >= limits::mib, "an area is pages of a file");
}

void check_root(const root& r) {
  if (!r.exists()) return require(r == root{}, "no root is all zeros");
  require(is_in_file(r.manifest), "a manifest is pages of a file");
  require(r.start.area.exists(), "a root has a journal area");
  check_area(r.start.area);
  check_area(r.start.next);
  require(is_page_aligned(r.start.offset) && r.start.offset >= r.start.area.where.offset &&
              r.start.offset <= r.start.area.where.end(),
          "a root starts in its area");
}

void check_slot(byte_view slot, std::size_t number) {
  const auto at = layout::superblock_offset[number];
  const auto decoded = decode_superblock(slot, at);
  if (!decoded) {
    const auto code = decoded.error().code;
    require(decoded.error().offset == at, "a failure names the slot");
    require(code == errc::not_a_store || code == errc::corrupt || code == errc::unsupported_version,
            "a slot is no store, damaged, or of a newer format");
    return;
  }
  require(decoded->current.exists(), "a superblock has a root");
  check_root(decoded->current);
  check_root(decoded->previous);
  const auto again = encode(*decoded);
  require(std::ranges::equal(again.bytes(), as_written(slot)), "encode is the inverse of decode");
  const auto twice = decode_superblock(again.bytes(), at);
  require(twice.ok() && *twice == *decoded, "decode is the inverse of encode");
}

// The rule of the format's documentation, word for word.
void check_election(const std::array<bytes, 2>& slots) {
  std::array<bool, 2> believable{};
  std::array<std::uint64_t, 2> generation{};
  std::array<errc, 2> codes{};
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto decoded = decode_superblock(slots[i], layout::superblock_offset[i]);
    codes[i] = decoded ? errc::none : decoded.error().code;
    believable[i] = codes[i] == errc::none || codes[i] == errc::unsupported_version;
    if (believable[i]) generation[i] = load_le<std::uint64_t>(slots[i], 64);
  }
  const auto elected = elect_superblock({byte_view{slots[0]}, byte_view{slots[1]}});
  const auto code = elected ? errc::none : elected.error().code;
  if (!believable[0] && !believable[1]) {
    const bool any_magic = codes[0] == errc::corrupt || codes[1] == errc::corrupt;
    require(code == (any_magic ? errc::corrupt : errc::not_a_store),
            "without a believable slot the store is damaged if either has the magic");
    return;
  }
  const bool second = believable[1] && (!believable[0] || generation[1] > generation[0]);
  require(code == codes[second ? 1 : 0], "the newer believable slot decides");
  if (!elected) return;
  require(elected->winner.gen.value == generation[second ? 1 : 0], "the newer slot wins");
  require(elected->other_slot_damaged == (codes[second ? 0 : 1] != errc::none),
          "a damaged loser is told");
}

}  // namespace

const std::size_t input_bytes_max = 2 * layout::superblock_fields_bytes + 1 + 256;

void run(byte_view input) {
  choices from{input};
  const unsigned switches = from.byte();
  std::array<bytes, 2> slots{slot_of(from, switches, 0), slot_of(from, switches, 1)};
  const auto padding = from.bytes(layout::superblock_hash_at - layout::superblock_fields_bytes);
  std::ranges::copy(padding, slots[0].begin() + layout::superblock_fields_bytes);
  for (std::size_t i = 0; i < slots.size(); ++i) finish(slots[i], switches, i);
  for (std::size_t i = 0; i < slots.size(); ++i) check_slot(slots[i], i);
  check_election(slots);
}

std::vector<bytes> seeds() {
  superblock sb;
  sb.id.fill(std::byte{0x5a});
  sb.gen = generation{6};
  sb.ep = epoch{3};
  sb.fence = lsn{9};
  sb.hash_seed = 77;
  sb.min_file_bytes = 8 * limits::mib;
  sb.version_floor = version{40};
  sb.current.manifest = {4 * limits::mib, 2 * page_size};
  sb.current.manifest_sum = {1, 2};
  sb.current.entry_count = 30;
  sb.current.start.last = lsn{8};
  sb.current.start.previous = {3, 4};
  sb.current.start.area = {{limits::mib, limits::mib}, 5};
  sb.current.start.offset = limits::mib + 8 * page_size;
  sb.current.start.next = {{2 * limits::mib, 2 * limits::mib}, 6};
  auto older = sb;
  older.gen = generation{5};
  older.clean = true;
  sb.previous = sb.current;
  sb.previous.manifest.offset = 5 * limits::mib;
  auto newer_format = sb;
  newer_format.feature_incompat = 2;
  auto features = older;
  features.feature_compat = 1;
  features.feature_ro_compat = 4;

  const auto input = [](unsigned switches, const superblock& first, const superblock& second) {
    const auto a = encode(first);
    const auto b = encode(second);
    return seed_of({switches}, a.bytes().first(layout::superblock_fields_bytes),
                   b.bytes().first(layout::superblock_fields_bytes));
  };
  auto with_padding = input(0, sb, older);
  with_padding.resize(with_padding.size() + 40, std::byte{0xff});
  return {bytes(magic_bytes),
          input(0, sb, older),
          input(0, older, features),
          input(0, newer_format, older),
          input(wrong_sum, sb, older),
          input(wrong_sum | wrong_sum << 1, sb, older),
          input(cut_short, sb, older),
          input(own_magic, sb, older),
          with_padding};
}

}  // namespace stowage::fuzz
