// A block device that may be closed while threads read from it that nobody can stop.
//
// Contract: as `block_device`, but `read` may be called at any time: once `close` has begun it answers `closed`, and
// `close` waits for the reads that are under way before it closes the device beneath.
// Concurrency: as `block_device`. A read takes no lock.
// Limits: a thread must not close the device from within a read of it.
#pragma once

#include <stowage/storage/device/block_device.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace stowage {

class guarded_device final : public block_device {
 public:
  explicit guarded_device(std::unique_ptr<block_device> inner) noexcept
      : inner_{std::move(inner)} {}

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  void leave() noexcept;

  const std::unique_ptr<block_device> inner_;
  /// Twice the reads under way, + 1 once it is being closed.
  std::atomic<std::uint64_t> readers_{0};
};

}  // namespace stowage
