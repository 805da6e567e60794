// The first bytes of a new store.
//
// Contract: writes and syncs an empty store of format 1.0: both superblocks, an empty checkpoint, the
// first journal area and the next one, zero-filled. Chance is an argument: the same identity gives the
// same bytes.
// Concurrency: one thread.
// Limits: gives the file no name; see `posix_creation`.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/superblock.hpp>

#include <array>
#include <cstdint>

namespace stowage {

/// What makes a store this one; random in production.
struct store_identity {
  uuid id{};
  std::uint64_t hash_seed = 0;
  std::array<std::uint64_t, 2> area_salts{};
};

/// Fails with no_space or io_error.
[[nodiscard]] STOWAGE_EXPORT result<void> create_store(block_device& device,
                                                       const store_identity& identity);

}  // namespace stowage
