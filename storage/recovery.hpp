// From a device to the state of the store that is on it, or the reason why not.
//
// Contract: the state is a prefix of what was committed, with everything that was ever answered durable
// in it. Read-write recovery ends with a durable fence (a new epoch), before which nothing may be
// written; recovering again gives the same state. Read-only recovery writes nothing. Damage to
// committed data refuses a read-write open with journal_corrupt; a read-only one gets the state up to
// the damage and is told.
// Concurrency: one thread, alone with the device.
// Limits: reads the whole checkpoint and journal; memory is what the index of the store takes.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/dropped_tail.hpp>
#include <stowage/storage/format/manifest.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/log/journal_areas.hpp>
#include <stowage/storage/space/space_map.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stowage {

enum class store_access : std::uint8_t { read_write, read_only };

/// The pages of a root's checkpoint: its manifest first.
using checkpoint_extents = std::vector<extent>;

struct recovered_store {
  /// As it is on the device now; after read-write recovery, the fence.
  superblock sb;
  block_index index;
  journal_position position;
  /// The areas that must be kept, in chain order; the last is `position.area`.
  std::vector<area_ref> kept_areas;
  /// Bytes of records since the current root.
  std::uint64_t journal_bytes = 0;
  checkpoint_extents current_checkpoint;
  checkpoint_extents previous_checkpoint;
  space_map space{0, 0};
  /// The last version that may have been given; the next op gets a higher one.
  version last_version;
  /// The store had been closed in order.
  bool was_clean = false;
  std::optional<dropped_tail> dropped;
  /// The current root's checkpoint was unreadable and the previous one was used.
  std::optional<failure> used_previous_root;
  /// The previous root, or the journal behind it, cannot be read; nothing of the state is missing.
  std::optional<failure> gave_up_previous_root;
  /// One of the two superblock slots was unreadable.
  bool superblock_slot_damaged = false;
  /// Read-only: what follows the state is committed data that cannot be read.
  std::optional<failure> damage;
};

/// Fails with not_a_store, unsupported_version, corrupt, journal_corrupt (read-write only), read_only
/// (unknown ro_compat features, read-write only), io_error.
[[nodiscard]] STOWAGE_EXPORT result<recovered_store> recover(block_device& device,
                                                             store_access access);

}  // namespace stowage
