// A block device that holds an image by reference and its own changes by the page.
//
// Contract: as `memory_device`, but a copy of the image is never made: thousands of crash images cost
// what they differ in. Counts what was done to it.
// Concurrency: one thread.
// Limits: the image must outlive it and stay as it is.
#pragma once

#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/device_call.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

namespace stowage::test {

class overlay_device final : public block_device {
 public:
  explicit overlay_device(byte_view base) : base_{base}, size_{base.size()} {}
  overlay_device(byte_view base, std::uint64_t size) : base_{base}, size_{size} {}

  /// Another device with the same bytes.
  [[nodiscard]] overlay_device copy() const { return overlay_device{base_, size_, pages_}; }

  /// Changes bytes as a fault does, not as a write: uncounted, and cut off at the end.
  void patch(std::uint64_t offset, byte_view bytes) {
    if (offset >= size_) return;
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), size_ - offset));
    while (!bytes.empty()) {
      const auto in_page = offset % page_size;
      const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), page_size - in_page));
      std::memcpy(page_at(offset - in_page).data() + in_page, part.data(), part.size());
      offset += part.size();
      bytes = bytes.subspan(part.size());
    }
  }

  [[nodiscard]] std::vector<std::byte> image() const {
    std::vector<std::byte> bytes(size_);
    copy_out(0, bytes);
    return bytes;
  }

  /// Calls that may change anything: writes, syncs, changes of the size.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }
  [[nodiscard]] std::uint64_t writes() const noexcept { return writes_; }

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode) override {
    if (offset >= size_ || out.empty()) return std::size_t{0};
    out = out.first(std::min<std::uint64_t>(out.size(), size_ - offset));
    bytes_read_ += out.size();
    copy_out(offset, out);
    return out.size();
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    const auto total = total_bytes(buffers);
    invariant(offset <= size_ && total <= size_ - offset, "a write beyond the end of the device");
    ++changes_;
    ++writes_;
    for (const auto& b : buffers) {
      patch(offset, b);
      offset += b.size();
    }
    return {};
  }
  result<void> sync() override {
    ++changes_;
    return {};
  }
  /// As `memory_device`: `allocate` fails with no_space beyond this.
  void limit_to(std::uint64_t capacity) noexcept { capacity_ = capacity; }

  result<void> allocate(std::uint64_t size) override {
    if (size > size_ && size > capacity_) return fail(errc::no_space);
    ++changes_;
    size_ = std::max(size_, size);
    return {};
  }
  result<void> resize(std::uint64_t size) override {
    ++changes_;
    invariant(size <= size_, "a resize that grows the device");
    pages_.erase(pages_.lower_bound(round_up_to_page(size)), pages_.end());
    size_ = size;
    return {};
  }
  void drop_cache() override {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  result<void> close() override { return {}; }

 private:
  using page = std::array<std::byte, page_size>;
  using pages = std::map<std::uint64_t, page>;

  overlay_device(byte_view base, std::uint64_t size, pages changed)
      : base_{base}, size_{size}, pages_{std::move(changed)} {}

  void copy_base(std::uint64_t offset, mutable_byte_view out) const {
    const auto there = offset < base_.size() ? base_.subspan(offset) : byte_view{};
    const auto part = there.first(std::min(there.size(), out.size()));
    // memcpy, and memset: the standard algorithms go byte by byte in a debug build, and this is what a recovery
    // spends its time on here.
    if (!part.empty()) std::memcpy(out.data(), part.data(), part.size());
    const auto beyond = out.subspan(part.size());
    if (!beyond.empty()) std::memset(beyond.data(), 0, beyond.size());
  }

  void copy_out(std::uint64_t offset, mutable_byte_view out) const {
    copy_base(offset, out);
    for (auto it = pages_.lower_bound(round_down(offset, page_size));
         it != pages_.end() && it->first < offset + out.size(); ++it) {
      const auto from = std::max(it->first, offset);
      const auto to = std::min(it->first + page_size, offset + out.size());
      std::memcpy(out.data() + (from - offset), it->second.data() + (from - it->first), to - from);
    }
  }

  page& page_at(std::uint64_t offset) {
    const auto [it, is_new] = pages_.try_emplace(offset);
    if (is_new) copy_base(offset, it->second);
    return it->second;
  }

  byte_view base_;
  std::uint64_t size_;
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
  pages pages_;
  std::uint64_t changes_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace stowage::test
