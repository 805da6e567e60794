// What stands in the two places of a superblock.
//
// Contract: read past the cache where the device can: after a failed sync the cache may show what the disk does not
// hold. Which slot to believe is for `elect_superblock`.
// Concurrency: reads only.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <array>
#include <cstddef>

namespace stowage {

struct superblock_slots {
  std::array<page_buffer, 2> pages;
  /// Less than a slot where the device ends.
  std::array<std::size_t, 2> lengths{};

  [[nodiscard]] byte_view bytes(std::size_t slot) const {
    return pages[slot].bytes().first(lengths[slot]);
  }
  [[nodiscard]] std::array<byte_view, 2> both() const { return {bytes(0), bytes(1)}; }
};

/// Fails with io_error.
[[nodiscard]] result<superblock_slots> read_superblock_slots(block_device& device);

}  // namespace stowage
