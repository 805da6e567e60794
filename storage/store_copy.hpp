// A new store that has its blocks from the beginning, as one dense checkpoint: the target of every copy.
//
// Contract: blocks come in ascending order of their names and keep name, version, expiry and flags; their
// values lie one behind another, without a gap larger than their alignment. `finish` names them all in both
// superblocks, and only its success makes the device a store with them; until then it holds an empty one. What
// was added is synced batch by batch. The same identity and blocks give the same bytes. The first failure is
// final: nothing may be called after it.
// Concurrency: one thread at a time.
// Limits: 8 MiB of values and one value more wait in memory, small ones twice, and a reference for each checkpoint
// page. Gives
// the file no name (`posix_creation`). Until its first checkpoint of its own the store has no previous root.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/page_pool.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/checkpoint_page.hpp>
#include <stowage/storage/format/manifest.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/storage/index/block.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stowage {

class store_copy {
 public:
  /// Makes an empty store on the device, which must outlive the copy. Fails with no_space or io_error.
  [[nodiscard]] static result<store_copy> begin(block_device& device,
                                                const store_identity& identity);

  /// The next block, with all of its value, which was verified. Fails with no_space or io_error.
  [[nodiscard]] result<void> add(const block& original, shared_bytes value);

  /// The last call. No version up to `floor` will be given by the new store, nor that of any block in it. Fails
  /// with no_space or io_error.
  [[nodiscard]] result<void> finish(version floor);

  [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::uint64_t value_bytes() const noexcept { return value_bytes_; }
  /// So long is the file by now; what waits in memory is not counted.
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return end_; }

 private:
  store_copy(block_device& device, const superblock& empty) noexcept;

  [[nodiscard]] result<void> write_waiting();
  void add_entry(const op& entry, write_plan& plan);
  void place_page(write_plan& plan);
  [[nodiscard]] extent take(std::uint64_t bytes) noexcept;
  [[nodiscard]] result<void> carry_out(write_plan& plan);

  block_device* device_;
  superblock sb_;
  std::uint64_t end_;
  std::vector<accepted_op> waiting_;
  /// What is written together is copied here.
  page_pool buffers_{16 * limits::mib};
  std::uint64_t waiting_bytes_ = 0;
  std::optional<checkpoint_page_builder> page_;
  manifest manifest_;
  std::string last_name_;
  version newest_;
  std::uint64_t blocks_ = 0;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace stowage
