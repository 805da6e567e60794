// Which of the two superblock slots to believe.
//
// Contract: the newest valid one. A newest one of an unknown format refuses the store; the older slot is
// never a way around that. Both damaged is `corrupt`; no trace of either is `not_a_store`.
// Concurrency: a pure function.
// Limits: sees only the slots; whether the winner's checkpoint can be read is for recovery.
#pragma once

#include <stowage/storage/format/superblock.hpp>

namespace stowage {

struct elected_superblock {
  superblock winner;
  /// The other slot did not hold a valid superblock: the next write repairs it.
  bool other_slot_damaged = false;
};

/// `slot_bytes[i]` is what stands at `layout::superblock_offset[i]`; shorter where the file ends.
[[nodiscard]] result<elected_superblock> elect_superblock(std::array<byte_view, 2> slot_bytes);

}  // namespace stowage
