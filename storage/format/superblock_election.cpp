#include <stowage/storage/format/superblock_election.hpp>

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>

#include <stowage/storage/core/little_endian.hpp>

namespace stowage {

namespace {

// The generation stands at the same place in every format, so that a newer format wins over an older
// slot (as after an upgrade) instead of being passed over.
constexpr std::size_t generation_at = 64;

std::uint64_t generation_of_believable(byte_view slot) {
  return load_le<std::uint64_t>(slot, generation_at);
}

}  // namespace

result<elected_superblock> elect_superblock(std::array<byte_view, 2> slot_bytes) {
  const std::array slots{decode_superblock(slot_bytes[0], layout::superblock_offset[0]),
                         decode_superblock(slot_bytes[1], layout::superblock_offset[1])};
  const auto is_believable = [](const result<superblock>& s) {
    return s.ok() || (s.error().code == errc::unsupported_version &&
                      !mutant("falls-back-from-a-newer-format"));
  };

  const bool believe_first = is_believable(slots[0]);
  const bool believe_second = is_believable(slots[1]);
  if (!believe_first && !believe_second) {
    const bool damaged =
        slots[0].error().code == errc::corrupt || slots[1].error().code == errc::corrupt;
    if (damaged) return fail_at(errc::corrupt, 0, "both superblocks are damaged");
    return fail(errc::not_a_store, "no superblock in either slot");
  }

  std::size_t newest = believe_first ? 0 : 1;
  if (believe_first && believe_second &&
      generation_of_believable(slot_bytes[1]) > generation_of_believable(slot_bytes[0]))
    newest = 1;
  if (!slots[newest].ok()) return slots[newest].error();
  return elected_superblock{*slots[newest], !slots[1 - newest].ok()};
}

}  // namespace stowage
