// The tour that copies every block of a snapshot into a new store.
//
// Contract: each step reads, verifies and adds about as many bytes of values as it is given, in name order. A
// block that cannot be read is told to `lost`, with its name and place, and is not in the copy; all others are.
// Once a step failed, the target has failed.
// Concurrency: one thread at a time; the snapshot's extents must stay allocated meanwhile (hold a pin).
// Limits: one value in memory beside what the target holds.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/store_copy.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace stowage {

class snapshot_copy {
 public:
  /// Called for a block that is left out, with corrupt_block or io_error.
  using lost_fn = std::function<void(const failure&)>;

  /// `hash_seed` is that of the snapshot's store. The target must outlive this.
  snapshot_copy(index_snapshot from, std::uint64_t hash_seed, store_copy& to);

  /// Copies blocks until `bytes` of values were read or nothing is left, which `is_over` tells. Fails with
  /// no_space or io_error of the target.
  [[nodiscard]] result<void> step(block_device& device, std::uint64_t bytes, const lost_fn& lost);

  [[nodiscard]] bool is_over() const noexcept { return seen_ == from_.size(); }
  /// Blocks copied or left out, of `total()`.
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return from_.size(); }

 private:
  index_snapshot from_;
  std::uint64_t hash_seed_;
  store_copy* to_;
  std::string next_name_;
  std::uint64_t seen_ = 0;
};

}  // namespace stowage
