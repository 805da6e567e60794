// A block device whose first failed write or sync is final.
//
// Contract: once a `write` or `sync` failed, every later `write`, `sync`, `allocate` and `resize`
// answers `poisoned` with the first cause's detail, offset and errno, and does nothing. The failing
// call itself answers the cause. Reads, `drop_cache` and `close` go on.
// Concurrency: as `block_device`; `first_failure` may be called from any thread.
// Limits: a failed `allocate` or `resize` does not latch. No byte the store relies on is in doubt after
// it (new space holds nothing yet, and the file's length is never authoritative), and a full disk must
// stay curable. If the device is truly broken, the next write or sync says so.
#pragma once

#include <stowage/storage/device/block_device.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace stowage {

class latched_device final : public block_device {
 public:
  explicit latched_device(std::unique_ptr<block_device> inner) noexcept
      : inner_{std::move(inner)} {}

  /// The write or sync failure that latched, if any.
  [[nodiscard]] std::optional<failure> first_failure() const;

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  [[nodiscard]] result<void> require_sound() const;
  [[nodiscard]] result<void> latch(result<void> outcome);

  const std::unique_ptr<block_device> inner_;
  mutable std::mutex mutex_;
  std::optional<failure> first_;
};

}  // namespace stowage
