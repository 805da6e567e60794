// A block device for reading what is left: pages that cannot be read are zeros.
//
// Contract: `read` never fails. Where the device below fails, the range is read page by page, and a page that
// fails again is zeros, which no checksum takes for what was there; how many there were, and the first one's
// failure, is told. Everything that would change the device answers read_only.
// Concurrency: as `block_device`.
// Limits: not for anyone who does not verify what was read. A page is tried each time anew.
#pragma once

#include <stowage/storage/device/block_device.hpp>

#include <cstdint>
#include <mutex>
#include <optional>

namespace stowage {

class lenient_device final : public block_device {
 public:
  /// `below` must outlive it.
  explicit lenient_device(block_device& below) noexcept : below_{&below} {}

  /// Why the first page that could not be read could not.
  [[nodiscard]] std::optional<failure> first_failure() const;
  /// Reads of pages that failed.
  [[nodiscard]] std::uint64_t failed_reads() const;

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  void remember(failure why);

  block_device* below_;
  mutable std::mutex mutex_;
  std::optional<failure> first_;
  std::uint64_t failed_ = 0;
};

}  // namespace stowage
