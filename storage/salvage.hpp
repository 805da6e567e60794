// What is left of a damaged store: every block that something in the file still vouches for.
//
// Contract: where recovery succeeds, this is what it gives. Elsewhere all that proves itself is used: a damaged
// superblock as far as a checkpoint with the right checksum stands where it says; each page of a checkpoint that
// verifies, and in place of the others the previous checkpoint and the journal between the two; each record of
// the journal that verifies, also behind one that is missing. What could not be used is told in `damage`, with
// the place and the price. A block is the newest that is known of its name: what a lost page or record said of
// it is not, so it may be older than it was, or one that had been deleted. Nothing is written.
// Concurrency: one thread, alone with the device or beside other readers.
// Limits: memory is what the index takes. The values are for the caller to verify. Where neither superblock
// shows the store's hash seed any more, nothing in the file can be verified: `corrupt`. No bit is guessed.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/recovery.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace stowage {

struct salvaged_store {
  block_index index;
  std::uint64_t hash_seed = 0;
  /// The last version that is known to have been given. Others may have been lost with what is damaged.
  version last_version;
  /// What is wrong with the file beside its values; empty only where a recovery finds nothing wrong either.
  std::vector<failure> damage;
  /// Groups at the end that nothing proves and whose values are not all there: as in a recovery.
  std::optional<dropped_tail> dropped;
};

/// Fails with not_a_store, unsupported_version, or corrupt where nothing can be believed. A device that cannot be
/// read in places is damage like any other.
[[nodiscard]] result<salvaged_store> salvage(block_device& device);

}  // namespace stowage
