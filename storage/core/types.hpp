// The numbers of the store as types: versions, sequence numbers, extents.
//
// Contract: two ids of different kinds never compare or convert; an extent carries bytes, never pages.
// Concurrency: plain values.
// Limits: none of these check their range; decoders do, once, where bytes become values.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace STOWAGE_EXPORT stowage {

/// A number that only compares with its own kind. `Tag` is never defined.
template <class Tag>
struct strong_id {
  std::uint64_t value = 0;

  constexpr strong_id() noexcept = default;
  constexpr explicit strong_id(std::uint64_t v) noexcept : value{v} {}

  friend constexpr auto operator<=>(strong_id, strong_id) noexcept = default;
  [[nodiscard]] constexpr strong_id next() const noexcept { return strong_id{value + 1}; }
};

/// The sequence number of the op that wrote a block; given at acceptance, so accept order is version
/// order. 0 is "absent": no op ever has it.
using version = strong_id<struct version_tag>;
/// The number of a journal record; + 1 for each record.
using lsn = strong_id<struct lsn_tag>;
/// + 1 for each read-write open; separates the records of one life of the store from another's.
using epoch = strong_id<struct epoch_tag>;
/// + 1 for each superblock written.
using generation = strong_id<struct generation_tag>;

inline constexpr std::uint64_t page_size = 4096;

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t unit) noexcept {
  return (n + unit - 1) / unit * unit;
}
constexpr std::uint64_t round_down(std::uint64_t n, std::uint64_t unit) noexcept {
  return n / unit * unit;
}
constexpr std::uint64_t round_up_to_page(std::uint64_t n) noexcept {
  return round_up(n, page_size);
}
constexpr bool is_page_aligned(std::uint64_t n) noexcept { return n % page_size == 0; }

/// A byte range of the file: [offset, offset + length).
struct extent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  [[nodiscard]] constexpr std::uint64_t end() const noexcept { return offset + length; }
  [[nodiscard]] constexpr bool empty() const noexcept { return length == 0; }
  [[nodiscard]] constexpr bool overlaps(const extent& other) const noexcept {
    return offset < other.end() && other.offset < end();
  }
  /// The smallest page-aligned extent that holds this one.
  [[nodiscard]] constexpr extent pages() const noexcept {
    const auto first = round_down(offset, page_size);
    return {first, round_up_to_page(end()) - first};
  }

  friend constexpr auto operator<=>(const extent&, const extent&) noexcept = default;
};

}  // namespace stowage

template <class Tag>
struct std::hash<stowage::strong_id<Tag>> {
  std::size_t operator()(stowage::strong_id<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
