// A store read without actors, for commands that never write.
//
// Contract: opens read-only beside other readers and recovers in memory; no byte of the file changes.
// What is wrong with the store is said on the console: damage makes the command exit with 2 and the
// state up to it is still given; a dropped tail or a damaged copy is a warning. A block that has expired is absent,
// as it is for whoever asks a store that is served; what is checked, copied or drawn is all there is in the file.
// Concurrency: one thread.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/storage/superblock_slots.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::cli {

struct offline_store {
  std::unique_ptr<block_device> device;
  recovered_store state;
  /// The wall time it was opened at.
  std::uint64_t now_ms = 0;

  /// The block of this name, or null.
  [[nodiscard]] block_ref find(std::string_view name) const;
  /// Calls `visit` for each block of name >= `from`, in order, until it answers false.
  void for_each_from(std::string_view from,
                     const std::function<bool(const block_ref&)>& visit) const;
};

/// Nothing where the store cannot be opened; the console was told why.
[[nodiscard]] std::optional<offline_store> open_offline(const std::string& path, console& con);

/// What recovery left out without calling it damage.
void warn_of_dropped_tail(const std::string& path, const dropped_tail& dropped, console& con);

/// The newest superblock of `slots`. Fails as `elect_superblock`, and with corrupt{truncated} where the file is
/// shorter than it was.
[[nodiscard]] result<superblock> newest_superblock(const superblock_slots& slots,
                                                   const block_device& device);

}  // namespace stowage::cli
