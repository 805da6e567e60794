// A block device in memory, for tests and for stores that need not last.
//
// Contract: as `block_device`; what is written is there at once, and `sync` has nothing to do. A
// capacity makes `allocate` fail with no_space beyond it.
// Concurrency: everything may be called from any thread; each call is atomic towards the others.
// Limits: never loses or damages anything: `faulty_device` does. A call after `close` is a broken
// invariant.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <limits>
#include <mutex>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// A device that lasts as long as the object.
class memory_device final : public block_device {
 public:
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  explicit memory_device(std::uint64_t capacity = unlimited) noexcept : capacity_{capacity} {}
  /// Holds `image`, which may exceed the capacity.
  explicit memory_device(std::vector<std::byte> image, std::uint64_t capacity = unlimited)
      : image_{std::move(image)}, capacity_{capacity} {}

  /// A copy of all bytes; works after `close` too.
  [[nodiscard]] std::vector<std::byte> image() const;

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  [[nodiscard]] std::unique_lock<std::mutex> enter() const;

  mutable std::mutex mutex_;
  std::vector<std::byte> image_;
  const std::uint64_t capacity_;
  bool closed_ = false;
};

}  // namespace stowage
