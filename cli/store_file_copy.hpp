// Blocks of an open store, copied into the file of a new one.
//
// Contract: the new store appears under its name whole, synced, or not at all. A block that cannot be read is left
// out and told.
// Concurrency: one thread; the source is read only.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/posix_creation.hpp>
#include <stowage/storage/index/block_index.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stowage::cli {

struct copy_source {
  block_device& device;
  index_snapshot blocks;
  std::uint64_t hash_seed = 0;
  /// The new store gives no version up to this one.
  version floor;
};

struct copy_report {
  std::uint64_t blocks = 0;
  std::uint64_t value_bytes = 0;
  /// Left out: corrupt_block or io_error, with name and offset.
  std::vector<failure> lost;
};

/// Copies everything into `to` and publishes it; `verb` is for the progress bar. What was lost until then is in
/// `report` also where it fails, with no_space, io_error, or already_exists where another took the path.
[[nodiscard]] result<void> copy_store_file(const copy_source& from, posix_creation& to,
                                           const std::string& verb, console& con,
                                           copy_report& report);

}  // namespace stowage::cli
