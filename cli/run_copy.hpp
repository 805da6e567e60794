// A copy of a store's blocks, run to its end with a progress bar.
//
// Contract: as `store_file_copy`, which has begun and knows what to copy.
// Concurrency: one thread.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/store_file_copy.hpp>

#include <string>
#include <vector>

namespace stowage::cli {

/// What could not be read is appended to `lost`, also where the copy fails; `verb` is for the bar.
[[nodiscard]] result<void> run_copy(store_file_copy& copy, block_device& from,
                                    const std::string& verb, std::vector<failure>& lost,
                                    console& con);

/// The line of data a copy ends with: `VERBED 2 blocks, 10 bytes: ok`, or how much is `damaged`.
void print_copied(const store_file_copy& copy, const std::string& verbed, std::size_t damaged,
                  console& con);

}  // namespace stowage::cli
