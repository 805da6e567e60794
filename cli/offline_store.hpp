// A store read without actors, for commands that never write.
//
// Contract: opens read-only beside other readers and recovers in memory; no byte of the file changes.
// What is wrong with the store is said on the console: damage makes the command exit with 2 and the
// state up to it is still given; a dropped tail or a damaged copy is a warning.
// Concurrency: one thread.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/recovery.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace stowage::cli {

struct offline_store {
  std::unique_ptr<block_device> device;
  recovered_store state;
};

/// Nothing where the store cannot be opened; the console was told why.
[[nodiscard]] std::optional<offline_store> open_offline(const std::string& path, console& con);

/// What recovery left out without calling it damage.
void warn_of_dropped_tail(const std::string& path, const dropped_tail& dropped, console& con);

/// What stands in the two superblock slots.
struct superblock_slots {
  /// As on the device; shorter where the file ends.
  std::array<page_buffer, 2> pages;
  std::array<std::size_t, 2> lengths{};
  superblock newest;

  [[nodiscard]] byte_view bytes(std::size_t slot) const {
    return pages[slot].bytes().first(lengths[slot]);
  }
};

/// Fails as `elect_superblock`, and with corrupt{truncated} where the file is shorter than it was.
[[nodiscard]] result<superblock_slots> read_superblocks(block_device& device);

}  // namespace stowage::cli
