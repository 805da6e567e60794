#include <stowage/storage/format/superblock.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/format/layout.hpp>

#include <algorithm>
#include <cstring>

namespace stowage {

namespace {

// The superblock names the seed of every other checksum, so its own has none.
constexpr std::uint64_t superblock_seed = 0;

byte_view magic_bytes() noexcept { return std::as_bytes(std::span{layout::superblock_magic}); }

void encode_root(byte_writer& out, const root& r) {
  out.number(r.manifest.offset)
      .number(r.manifest.length)
      .hash(r.manifest_sum)
      .number(r.entry_count)
      .number(r.start.last.value);
  encode_area_ref(out, r.start.area);
  out.number(r.start.offset).hash(r.start.previous);
  encode_area_ref(out, r.start.next);
}

root decode_root(byte_reader& in) noexcept {
  root r;
  r.manifest.offset = in.number<std::uint64_t>();
  r.manifest.length = in.number<std::uint64_t>();
  r.manifest_sum = in.hash();
  r.entry_count = in.number<std::uint64_t>();
  r.start.last = lsn{in.number<std::uint64_t>()};
  r.start.area = decode_area_ref(in);
  r.start.offset = in.number<std::uint64_t>();
  r.start.previous = in.hash();
  r.start.next = decode_area_ref(in);
  return r;
}

bool is_valid(const root& r) noexcept {
  if (!r.exists()) return r == root{};
  const auto& m = r.manifest;
  const auto& area = r.start.area;
  return is_page_aligned(m.offset) && is_page_aligned(m.length) && m.offset >= layout::data_start &&
         m.length <= limits::file_bytes_max && m.offset <= limits::file_bytes_max - m.length &&
         r.entry_count <= limits::blocks_max && area.exists() && stowage::is_valid(area) &&
         stowage::is_valid(r.start.next) && is_page_aligned(r.start.offset) &&
         r.start.offset >= area.where.offset && r.start.offset <= area.where.end();
}

// What stands in a slot, whether it can be or not.
struct slot_fields {
  std::uint16_t major = 0;
  std::uint32_t page_bytes = 0;
  superblock sb;
};

slot_fields decode_fields(byte_view slot_bytes) {
  byte_reader in{slot_bytes.subspan(layout::superblock_magic.size())};
  slot_fields f;
  f.major = in.number<std::uint16_t>();
  in.number<std::uint16_t>();  // minor: a newer one only adds what older programs may ignore
  f.page_bytes = in.number<std::uint32_t>();
  auto& sb = f.sb;
  sb.feature_compat = in.number<std::uint64_t>();
  sb.feature_ro_compat = in.number<std::uint64_t>();
  sb.feature_incompat = in.number<std::uint64_t>();
  std::ranges::copy(in.bytes(sb.id.size()), sb.id.begin());
  sb.gen = generation{in.number<std::uint64_t>()};
  sb.ep = epoch{in.number<std::uint64_t>()};
  sb.fence = lsn{in.number<std::uint64_t>()};
  sb.hash_seed = in.number<std::uint64_t>();
  sb.clean = (in.number<std::uint32_t>() & layout::superblock_flag_clean) != 0;
  in.number<std::uint32_t>();
  sb.min_file_bytes = in.number<std::uint64_t>();
  sb.version_floor = version{in.number<std::uint64_t>()};
  sb.current = decode_root(in);
  sb.previous = decode_root(in);
  return f;
}

bool is_known_format(std::uint16_t major, const superblock& sb) noexcept {
  return major == layout::format_major && (sb.feature_incompat & ~layout::known_incompat) == 0;
}

}  // namespace

std::uint64_t low_half(const uuid& id) noexcept { return load_le<std::uint64_t>(id, 0); }

page_buffer encode(const superblock& sb) {
  std::vector<std::byte> fields;
  fields.reserve(layout::superblock_fields_bytes);
  byte_writer out{fields};
  out.bytes(magic_bytes())
      .number(layout::format_major)
      .number(layout::format_minor)
      .number(static_cast<std::uint32_t>(page_size))
      .number(sb.feature_compat)
      .number(sb.feature_ro_compat)
      .number(sb.feature_incompat)
      .bytes(sb.id)
      .number(sb.gen.value)
      .number(sb.ep.value)
      .number(sb.fence.value)
      .number(sb.hash_seed)
      .number(sb.clean ? layout::superblock_flag_clean : std::uint32_t{0})
      .number(std::uint32_t{0})
      .number(sb.min_file_bytes)
      .number(sb.version_floor.value);
  encode_root(out, sb.current);
  encode_root(out, sb.previous);
  invariant(fields.size() == layout::superblock_fields_bytes,
            "the superblock's fields are 360 bytes");

  page_buffer slot{layout::superblock_bytes};
  std::copy(fields.begin(), fields.end(), slot.bytes().begin());
  const auto sum = checksum(slot.bytes().first(layout::superblock_hash_at), superblock_seed);
  store_le(slot.bytes(), layout::superblock_hash_at, sum.low);
  store_le(slot.bytes(), layout::superblock_hash_at + 8, sum.high);
  return slot;
}

page_buffer encode_successor(const superblock& before, const superblock& next) {
  invariant(next.id == before.id && next.hash_seed == before.hash_seed,
            "a store stays the one it is");
  invariant(next.gen == before.gen.next(), "I5: generations ascend one by one");
  invariant(next.ep >= before.ep, "I5: epochs only increase");
  invariant(next.fence >= before.fence, "I5: the fence only moves forward");
  invariant(next.version_floor >= before.version_floor, "I5: no version is given again");
  auto slot = encode(next);
  const auto read = decode_superblock(slot.bytes(), layout::superblock_offset[next.slot()]);
  invariant(read.ok() && *read == next, "I7: a superblock is read as it was written");
  return slot;
}

result<superblock> decode_superblock(byte_view slot_bytes, std::uint64_t offset) {
  if (slot_bytes.size() < layout::superblock_bytes)
    return fail_at(errc::not_a_store, offset, "too short for a superblock");
  slot_bytes = slot_bytes.first(layout::superblock_bytes);
  if (!std::ranges::equal(slot_bytes.first(layout::superblock_magic.size()), magic_bytes()))
    return fail_at(errc::not_a_store, offset, "no superblock");

  hash128 sum;
  sum.low = load_le<std::uint64_t>(slot_bytes, layout::superblock_hash_at);
  sum.high = load_le<std::uint64_t>(slot_bytes, layout::superblock_hash_at + 8);
  if (sum != checksum(slot_bytes.first(layout::superblock_hash_at), superblock_seed))
    return fail_at(errc::corrupt, offset, "a superblock that does not match its checksum");

  auto [major, page_bytes, sb] = decode_fields(slot_bytes);
  if (!is_known_format(major, sb)) {
    auto f = fail_at(errc::unsupported_version, offset,
                     "format " + std::to_string(major) + ", incompatible features " +
                         std::to_string(sb.feature_incompat));
    return f;
  }
  if (page_bytes != page_size || sb.min_file_bytes > limits::file_bytes_max ||
      !sb.current.exists() || !is_valid(sb.current) || !is_valid(sb.previous))
    return fail_at(errc::corrupt, offset, "a superblock with impossible fields");
  return sb;
}

std::optional<superblock> claimed_superblock(byte_view slot_bytes) {
  if (slot_bytes.size() < layout::superblock_bytes) return std::nullopt;
  auto [major, page_bytes, sb] = decode_fields(slot_bytes);
  if (!is_known_format(major, sb)) return std::nullopt;
  for (auto* r : {&sb.current, &sb.previous})
    if (!is_valid(*r)) *r = {};
  return sb;
}

}  // namespace stowage
