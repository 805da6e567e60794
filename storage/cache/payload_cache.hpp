// Verified values in memory, so that what is read often is neither read nor verified again.
//
// Contract: holds what was put in, under the key it was put in with, until room is needed; what it gives is
// the payload itself, never a copy. At no time do its entries take more than `bytes_max`, with what their
// bookkeeping takes. A key names one content for ever: the version of a block and the place it was read
// from, so an entry of what was overwritten or moved is never found again; it goes when its turn comes, or at once if
// somebody says so.
// What to let go is decided by S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP
// 2023): what comes in has to be asked for again soon, or be missed soon after it went, to stay; so reading
// everything once drives out nothing that is in use.
// Concurrency: any number of threads; a shard's lock is held for a look into a table, and no payload is
// freed under it.
// Limits: a payload larger than an eighth of a shard is not kept, see `payload_bytes_max`. Which shard a key
// belongs to is chance, so one of them may be full before the others.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace stowage {

/// A content that cannot change: of this version, read from here.
struct payload_key {
  version ver;
  extent where;

  friend bool operator==(const payload_key&, const payload_key&) = default;
};

class payload_cache {
 public:
  /// 0 = off: nothing is kept, and nothing is counted.
  explicit payload_cache(std::uint64_t bytes_max);
  payload_cache(const payload_cache&) = delete;
  payload_cache& operator=(const payload_cache&) = delete;
  ~payload_cache();

  [[nodiscard]] bool is_on() const noexcept { return !shards_.empty(); }

  /// Larger payloads are not kept.
  [[nodiscard]] std::uint64_t payload_bytes_max() const noexcept { return payload_bytes_max_; }

  /// The payload of this key; counts as a use of it, or as a miss.
  [[nodiscard]] std::optional<shared_bytes> find(const payload_key& key);

  /// Keeps `verified`, if it is worth its room. A key that is there already stays as it is. The payload's memory
  /// must be its own: a slice would keep more than is counted.
  void insert(const payload_key& key, shared_bytes verified);

  /// `old` will not be asked for again. True if it was kept: then what is there in its stead is worth keeping too.
  bool remove(const payload_key& old);

  struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t entries = 0;
    /// What the entries take, bookkeeping included.
    std::uint64_t bytes = 0;
  };
  /// Each number is of some moment during the call.
  [[nodiscard]] counts count() const noexcept;

  /// What an entry takes beside its payload's bytes.
  [[nodiscard]] static std::uint64_t entry_overhead() noexcept;

 private:
  class shard;

  [[nodiscard]] shard& shard_of(std::uint64_t hash) noexcept;

  std::vector<std::unique_ptr<shard>> shards_;
  std::uint64_t payload_bytes_max_ = 0;
};

}  // namespace stowage
