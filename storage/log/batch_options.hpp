// When a batch closes: what of it can be set.
//
// Contract: what each bound means, `batch_policy` says.
// Concurrency: plain values.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/limits.hpp>

#include <chrono>
#include <cstdint>

namespace STOWAGE_EXPORT stowage {

/// A batch closes on the first of these.
struct batch_limits {
  /// Ops: 1 to 65,536.
  std::uint32_t max_ops = 50;
  /// Since its first op, 0 to 60 s. Zero closes after each unit.
  std::chrono::nanoseconds max_delay = std::chrono::milliseconds{50};
  /// Bytes of values: 1 to 64 MiB.
  std::uint64_t max_bytes = 8 * limits::mib;
  /// Whether a durable waiter closes the batch when the disk is idle.
  bool close_when_waited = true;

  friend bool operator==(const batch_limits&, const batch_limits&) = default;
};

}  // namespace stowage
