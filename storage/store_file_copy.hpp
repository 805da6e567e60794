// The blocks of one store on their way into the file of a new one.
//
// Contract: `begin`, `take`, then `step` until `is_over`: then the copy is whole and durable under its name, and
// released. Before that nothing is at its path, and the destructor leaves nothing. A block that cannot be read is
// left out and told. The first failure is final.
// Concurrency: one thread at a time; the extents of what is copied must stay allocated meanwhile (hold a pin).
// Limits: a step writes as much as it reads, and the last one syncs; it blocks as long as that takes.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/posix_creation.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/snapshot_copy.hpp>
#include <stowage/storage/store_copy.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace stowage {

class store_file_copy {
 public:
  store_file_copy(std::string path, const store_identity& identity);
  store_file_copy(const store_file_copy&) = delete;
  store_file_copy& operator=(const store_file_copy&) = delete;
  ~store_file_copy() = default;

  /// Makes a file under a temporary name. Fails as `posix_creation::begin` and `create_store`.
  [[nodiscard]] result<void> begin();
  [[nodiscard]] bool has_begun() const noexcept { return copy_.has_value(); }

  /// What to copy: blocks of a store with this hash seed. The copy gives no version up to `floor`.
  void take(index_snapshot blocks, std::uint64_t hash_seed, version floor);

  /// Copies about `bytes` of values, or ends it. Fails with no_space, io_error, or already_exists where another
  /// took the path meanwhile.
  [[nodiscard]] result<void> step(block_device& from, std::uint64_t bytes,
                                  const snapshot_copy::lost_fn& lost);
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

  [[nodiscard]] std::uint64_t blocks() const noexcept { return copy_ ? copy_->blocks() : 0; }
  [[nodiscard]] std::uint64_t value_bytes() const noexcept {
    return copy_ ? copy_->value_bytes() : 0;
  }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept {
    return copy_ ? copy_->file_bytes() : 0;
  }
  /// Blocks copied or left out, of `total()`.
  [[nodiscard]] std::uint64_t seen() const noexcept { return tour_ ? tour_->seen() : 0; }
  [[nodiscard]] std::uint64_t total() const noexcept { return blocks_.size(); }

 private:
  [[nodiscard]] result<void> finish();

  std::string path_;
  store_identity identity_;
  index_snapshot blocks_;
  std::uint64_t hash_seed_ = 0;
  version floor_;
  std::optional<posix_creation> file_;
  std::optional<store_copy> copy_;
  std::optional<snapshot_copy> tour_;
  bool is_over_ = false;
};

}  // namespace stowage
