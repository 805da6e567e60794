// Reads of what is durable, for threads that nobody knows of: they pin nothing and send nothing.
//
// Contract: a block is looked up in the newest published state, then its value in the payload cache, else it is read
// and verified. A read holds no pin, so its extents may be freed and written again meanwhile. Then the bytes do not
// match, and the block is looked up once more: only if the newest state still has this very block, it is damaged. (The
// state without it was published before its extents were free.) A block that lies elsewhere by now, has another
// version or is gone is answered as it is now, after `tries_max` reads at most. What does match is the value of the
// version that was looked up, whatever happened to its extents.
// Concurrency: one thread publishes, counts and ends; any number of threads read, also after the end. Reads wait for
// nothing but the device, and hold no lock meanwhile.
// Limits: knows nothing of expiry. A read that was overtaken `tries_max` times is refused.
#pragma once

#include <stowage/storage/cache/payload_cache.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/index/published_index.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace stowage {

class durable_reads {
 public:
  static constexpr int tries_max = 3;

  /// `device` answers `closed` once it is, and is not kept from its end by this.
  durable_reads(std::weak_ptr<block_device> device, std::shared_ptr<payload_cache> cache,
                std::uint64_t hash_seed)
      : device_{std::move(device)}, cache_{std::move(cache)}, hash_seed_{hash_seed} {}

  /// What readers find from now on. Before extents that it no longer has are given away.
  void publish(const index_snapshot& newest) { index_.publish(newest); }
  /// From now on every read answers `closed`.
  void end() { index_.end(); }

  /// The block of this name, or null. Fails with closed.
  [[nodiscard]] result<block_ref> find(std::string_view name);

  /// The newest state. Fails with closed.
  [[nodiscard]] result<index_snapshot> state();

  struct value_of_block {
    /// The block the bytes are of; null if there is none.
    block_ref what;
    shared_bytes bytes;
  };
  /// The bytes [offset, offset + length) of the block `found`, cut to its end, or of what the newest state has in its
  /// place. Fails with corrupt_block{name, offset}, io_error, closed, overloaded (overtaken by too many writes).
  [[nodiscard]] result<value_of_block> read(block_ref found, std::uint64_t offset,
                                            std::uint64_t length);

  /// The bytes of the block `found`, if they lie in memory: cached, or such that the device need not wait for its
  /// medium. Nothing too where they do not match: `read` finds out why.
  [[nodiscard]] std::optional<shared_bytes> try_read(const block& found, std::uint64_t offset,
                                                     std::uint64_t length);

  struct counts {
    std::uint64_t looks = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t corrupt_blocks = 0;
    std::uint64_t io_errors = 0;
  };
  [[nodiscard]] counts count() const noexcept;

 private:
  [[nodiscard]] result<shared_bytes> read_once(const block& b, std::uint64_t offset,
                                               std::uint64_t length);

  published_index index_;
  const std::weak_ptr<block_device> device_;
  const std::shared_ptr<payload_cache> cache_;
  const std::uint64_t hash_seed_;
  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> corrupt_blocks_{0};
  std::atomic<std::uint64_t> io_errors_{0};
};

}  // namespace stowage
