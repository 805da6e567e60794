// Decisions read off a fuzz input, one after another.
//
// Contract: never fails: behind the end of the input every number is 0 and every run of bytes empty, so each
// input means something and a shorter one means less. Numbers are little-endian.
// Concurrency: a plain value; the input must outlive it.
// Limits: none of its decisions is random: the same input decides the same.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace stowage::fuzz {

class choices {
 public:
  explicit choices(byte_view input) noexcept : rest_{input} {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

  template <std::unsigned_integral T>
  T number() noexcept {
    T value = 0;
    const auto from = bytes(sizeof(T));
    for (std::size_t i = 0; i < from.size(); ++i)
      value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(from[i]) << (8 * i)));
    return value;
  }
  std::uint8_t byte() noexcept { return number<std::uint8_t>(); }
  bool flag() noexcept { return (byte() & 1U) != 0; }

  /// From 0 to `end` - 1, which is at most 2^16; `end` is not 0.
  std::size_t below(std::size_t end) noexcept {
    return (end <= 256 ? byte() : number<std::uint16_t>()) % end;
  }

  /// As many of `count` bytes as are left.
  byte_view bytes(std::size_t count) noexcept {
    const auto out = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  byte_view rest() noexcept { return bytes(rest_.size()); }

 private:
  byte_view rest_;
};

}  // namespace stowage::fuzz
