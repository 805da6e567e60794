// How a store is opened and run. The defaults are the product's; config/stowage.conf lists them.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/log/batch_options.hpp>
#include <stowage/storage/log/sync_options.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace STOWAGE_EXPORT stowage {

/// How much may be accepted and not yet durable. Beyond it, writes wait in order.
struct credit_limits {
  /// 1 to 1,000,000.
  std::uint64_t max_ops = 1000;
  /// 1 MiB to 16 GiB.
  std::uint64_t max_bytes = 64 * limits::mib;

  friend bool operator==(const credit_limits&, const credit_limits&) = default;
};

/// When the store compacts its file by itself.
struct compaction_options {
  /// Above so many times the bytes that live in it: 1.1 to 100; 0 = only when asked to.
  double start_above = 1.5;

  friend bool operator==(const compaction_options&, const compaction_options&) = default;
};

/// When a backup is given up, for what it copies cannot be reused meanwhile.
struct backup_limits {
  /// Superseded values that wait for it to end: 1 MiB to 1 TiB.
  std::uint64_t max_pinned_bytes = limits::gib;
  /// 1 s to a week.
  std::chrono::nanoseconds max_time = std::chrono::hours{1};

  friend bool operator==(const backup_limits&, const backup_limits&) = default;
};

enum class device_kind : std::uint8_t {
  posix,   ///< a regular file
  memory,  ///< nothing survives the process: for tests and caches
};

/// What `open_store` takes.
struct store_options {
  /// Of the file; a relative one starts at the working directory. With `device_kind::memory` only a name.
  std::string path;
  /// Create the store if nothing is at the path.
  bool create = false;
  /// When a write is answered that does not say so itself.
  durability level = durability::durable;
  batch_limits batch;
  sync_options sync;
  credit_limits credit;
  compaction_options compaction;
  device_kind device = device_kind::posix;
  /// Threads that read and verify: 1 to 64.
  std::uint32_t readers = 2;
  /// Verified values that are kept in memory, with their bookkeeping: 0 (none) to 1 TiB.
  std::uint64_t cache_bytes = 64 * limits::mib;
  backup_limits backup;

  friend bool operator==(const store_options&, const store_options&) = default;
};

}  // namespace stowage
