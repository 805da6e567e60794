// Verifies the values of blocks against their checksums, as the medium holds them.
//
// Contract: every byte of every chunk is read past the cache where the device can, in the order the chunks lie
// there, neighbours with one read. What does not match is read once more by itself before it is reported.
// Concurrency: any thread; the extents must stay allocated meanwhile (hold a pin).
// Limits: holds 4 MiB of what it reads, and the places of the chunks; nothing is repaired.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/index/block.hpp>

#include <cstdint>
#include <functional>
#include <span>

namespace stowage {

/// What was looked at; a chunk that does not match counts among the chunks, and its bytes do not count.
struct verified_values {
  std::uint64_t blocks = 0;
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const verified_values&, const verified_values&) = default;
};

/// Calls `report` with corrupt_block{name, offset} or io_error{name, offset} for each chunk that cannot be
/// verified, in the order of `blocks`.
verified_values verify_values(block_device& device, std::span<const block_ref> blocks,
                              std::uint64_t seed,
                              const std::function<void(const failure&)>& report);

}  // namespace stowage
