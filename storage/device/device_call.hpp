// The calls of a block device as values, for devices that count, trace or refuse them.
//
// Contract: one enumerator for each virtual function of `block_device` that does work.
// Concurrency: plain values.
// Limits: the numbers are for use inside one process; nothing stores them.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/export.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace STOWAGE_EXPORT stowage {

enum class device_call : std::uint8_t { read, write, sync, allocate, resize, drop_cache, close };

inline constexpr std::size_t device_calls = 7;

[[nodiscard]] constexpr std::string_view name_of(device_call call) noexcept {
  constexpr std::string_view names[device_calls] = {"read",   "write",      "sync", "allocate",
                                                    "resize", "drop_cache", "close"};
  return names[static_cast<std::size_t>(call)];
}

/// Bytes in all of `buffers`, as one write takes them.
[[nodiscard]] constexpr std::uint64_t total_bytes(std::span<const byte_view> buffers) noexcept {
  std::uint64_t total = 0;
  for (const auto& buffer : buffers) total += buffer.size();
  return total;
}

}  // namespace stowage
