// How full the pages are that packed values share.
//
// Contract: counts, per page, the bytes of values with what their alignment takes (64 bytes), so that a page
// packed without gaps is full. Extents are added once each.
// Concurrency: a plain value.
// Limits: a picture of the moment its extents were taken from. Extents that share bytes, as only a hostile
// file has them, fill a page more than full.
//
// Counts are kept 64 pages to a chunk, for the reasons given in `page_liveness`.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <array>
#include <cstdint>
#include <map>

namespace stowage {

class page_fill {
 public:
  void add(extent e);

  /// Whether any page of `e` is filled by less than `percent`; a page of which nothing was added is not looked
  /// at.
  [[nodiscard]] bool has_page_below(extent e, unsigned percent) const;

  /// Bytes of the pages once those filled by less than `percent` have been emptied into others.
  [[nodiscard]] std::uint64_t bytes_without_pages_below(unsigned percent) const;

 private:
  static constexpr std::uint64_t pages_per_chunk = 64;
  using chunk = std::array<std::uint16_t, pages_per_chunk>;

  std::map<std::uint64_t, chunk> bytes_of_page_;
};

}  // namespace stowage
