// Byte views, shared immutable bytes and page-aligned buffers.
//
// Contract: `shared_bytes` never changes after construction and keeps its owner alive, so copying it
// copies a pointer, never the bytes. `page_buffer` starts on a page boundary, which O_DIRECT needs.
// Concurrency: `shared_bytes` may be read and copied from any thread; a `page_buffer` has one owner.
// Limits: no arithmetic on contents and no encoding; that is `little_endian.hpp`.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace STOWAGE_EXPORT stowage {

using byte_view = std::span<const std::byte>;
using mutable_byte_view = std::span<std::byte>;

inline byte_view as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view as_text(byte_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Immutable bytes with shared ownership. An empty value is a value of its own (zero length), not
/// "absent".
class shared_bytes {
 public:
  shared_bytes() noexcept = default;

  /// Takes over `bytes` without copying them.
  explicit shared_bytes(std::vector<std::byte> bytes) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    view_ = *owner;
    owner_ = std::move(owner);
  }

  /// Takes over `text` without copying it.
  explicit shared_bytes(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    view_ = as_bytes(*owner);
    owner_ = std::move(owner);
  }

  /// Views `view`, which must stay valid and unchanged while `owner` lives.
  shared_bytes(std::shared_ptr<const void> owner, byte_view view) noexcept
      : owner_{std::move(owner)}, view_{view} {}

  [[nodiscard]] byte_view view() const noexcept { return view_; }
  [[nodiscard]] std::string_view text() const noexcept { return as_text(view_); }
  [[nodiscard]] const std::byte* data() const noexcept { return view_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }

  /// The bytes [offset, offset + length) of this value, sharing ownership. The range must lie inside.
  [[nodiscard]] shared_bytes slice(std::size_t offset, std::size_t length) const noexcept {
    return {owner_, view_.subspan(offset, length)};
  }

  friend bool operator==(const shared_bytes& a, const shared_bytes& b) noexcept {
    return a.text() == b.text();
  }

 private:
  std::shared_ptr<const void> owner_;
  byte_view view_;
};

namespace detail {
class waiting_pages;
}  // namespace detail

/// An owned buffer whose address is a multiple of 4096. Zero-filled, unless it is of a `page_pool`.
class page_buffer {
 public:
  static constexpr std::size_t alignment = 4096;

  page_buffer() noexcept = default;
  explicit page_buffer(std::size_t size);

  [[nodiscard]] mutable_byte_view bytes() noexcept { return {data_.get(), size_}; }
  [[nodiscard]] byte_view bytes() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Gives the buffer away as immutable bytes; no copy.
  [[nodiscard]] static shared_bytes share(page_buffer&& buffer);

 private:
  friend class page_pool;

  struct release {
    release() noexcept : bytes{0} {}
    release(std::shared_ptr<detail::waiting_pages> to, std::size_t size) noexcept
        : home{std::move(to)}, bytes{size} {}
    void operator()(std::byte* data) const noexcept;

    /// Where memory of so many bytes goes; null = to the heap.
    std::shared_ptr<detail::waiting_pages> home;
    std::size_t bytes;
  };

  page_buffer(std::byte* data, std::size_t size, release how) noexcept
      : data_{data, std::move(how)}, size_{size} {}

  std::unique_ptr<std::byte, release> data_;
  std::size_t size_ = 0;
};

}  // namespace stowage
