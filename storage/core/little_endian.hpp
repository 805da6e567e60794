// Fixed-width little-endian numbers in byte buffers, and cursors over them.
//
// Contract: `byte_writer` appends to a vector or fills a view, which it never leaves; `byte_reader` never reads past its end: the first read
// that would sets `failed()` and every read from then on gives zeros or empty views, so a decoder reads
// all its fields and asks once.
// Concurrency: plain values.
// Limits: no varints, no strings with their own length: formats say their lengths themselves.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <bit>
#include <concepts>
#include <cstring>
#include <utility>
#include <vector>

namespace stowage {

template <std::unsigned_integral T>
constexpr T to_little_endian(T value) noexcept {
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      swapped = static_cast<T>((swapped << 8U) | ((value >> (8U * i)) & 0xffU));
    return swapped;
  } else {
    return value;
  }
}

template <std::unsigned_integral T>
void store_le(mutable_byte_view bytes, std::size_t at, T value) {
  const T raw = to_little_endian(value);
  std::memcpy(bytes.subspan(at, sizeof raw).data(), &raw, sizeof raw);
}

template <std::unsigned_integral T>
[[nodiscard]] T load_le(byte_view bytes, std::size_t at) {
  T raw{};
  std::memcpy(&raw, bytes.subspan(at, sizeof raw).data(), sizeof raw);
  return to_little_endian(raw);
}

class byte_writer {
 public:
  explicit byte_writer(std::vector<std::byte>& out) noexcept : out_{&out} {}
  explicit byte_writer(mutable_byte_view out) noexcept : view_{out} {}

  template <std::unsigned_integral T>
  byte_writer& number(T value) {
    const T raw = to_little_endian(value);
    return bytes(std::as_bytes(std::span{&raw, 1}));
  }
  byte_writer& hash(const hash128& h) { return number(h.low).number(h.high); }
  byte_writer& bytes(byte_view b) {
    const auto to = room(b.size());
    if (!b.empty()) std::memcpy(to.data(), b.data(), b.size());
    return *this;
  }
  /// The next `count` bytes, to be filled before anything else is written.
  mutable_byte_view room(std::size_t count) {
    if (out_ != nullptr) {
      out_->resize(out_->size() + count);
      return mutable_byte_view{*out_}.last(count);
    }
    invariant(count <= view_.size() - filled_, "what is encoded fits its view");
    return view_.subspan(std::exchange(filled_, filled_ + count), count);
  }
  /// Appends zeros to the vector until it is `size` long; it must not be longer already.
  byte_writer& pad_to(std::size_t size) {
    out_->resize(size);
    return *this;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return out_ != nullptr ? out_->size() : filled_;
  }

 private:
  std::vector<std::byte>* out_ = nullptr;
  mutable_byte_view view_;
  std::size_t filled_ = 0;
};

class byte_reader {
 public:
  explicit byte_reader(byte_view in) noexcept : in_{in} {}

  template <std::unsigned_integral T>
  T number() noexcept {
    const auto b = bytes(sizeof(T));
    T raw{};
    if (b.size() == sizeof raw) std::memcpy(&raw, b.data(), sizeof raw);
    return to_little_endian(raw);
  }
  hash128 hash() noexcept {
    hash128 h;
    h.low = number<std::uint64_t>();
    h.high = number<std::uint64_t>();
    return h;
  }
  byte_view bytes(std::size_t count) noexcept {
    if (failed_ || count > in_.size()) {
      failed_ = true;
      return {};
    }
    const auto out = in_.first(count);
    in_ = in_.subspan(count);
    return out;
  }
  [[nodiscard]] std::size_t remaining() const noexcept { return in_.size(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// Whether everything was read, and nothing beyond it.
  [[nodiscard]] bool finished() const noexcept { return !failed_ && in_.empty(); }

 private:
  byte_view in_;
  bool failed_ = false;
};

}  // namespace stowage
