// How many live extents touch each page that no extent fills alone.
//
// Contract: a page that an extent covers wholly is that extent's alone; a first or last page
// covered in part may be shared with other packed extents and is counted. A page is free again when
// nothing live touches it. Removing what was not added is a broken invariant as far as the counts
// can tell: a swap of two extents over the same pages goes unnoticed.
// Concurrency: a plain value.
// Limits: knows pages, not bytes: extents that overlap within a page look like neighbours
// (`check_disjoint` is for that).
//
// Counts are kept 64 pages to a chunk, in an ordered map by chunk number. Packed pages come in
// runs, one per group, so a chunk is mostly full and a packed page costs 3 bytes where a hash map
// entry costs 40. Chunks are small so that a hostile file of extents far apart costs no more than a
// small multiple of its own entries, and the map is ordered so that it cannot aim at colliding
// buckets.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace stowage {

/// The pages of an extent: those it covers wholly, and the numbers of those it covers in part.
struct page_coverage {
  extent whole;
  std::array<std::uint64_t, 2> partial{};
  std::size_t partial_count = 0;
};

[[nodiscard]] page_coverage coverage_of(extent e) noexcept;

class page_liveness {
 public:
  /// No more disjoint extents than this touch one page.
  static constexpr std::uint16_t count_max = page_size;

  /// Counts an extent of at least one byte.
  void add(extent e) { add({&e, 1}); }

  /// The same, one after another: fast where neighbours stand side by side, as those of a group do.
  void add(std::span<const extent> extents);

  /// Takes back one `add(e)` and appends the pages that are free now, if any, merged with the last
  /// element of `freed` where they touch it.
  void remove(extent e, std::vector<extent>& freed);

  /// Live extents that cover page number `page` in part; 0 for a page covered wholly.
  [[nodiscard]] std::uint16_t count(std::uint64_t page) const noexcept;

  /// Pages that hold at least one live byte, covered wholly or in part.
  [[nodiscard]] std::uint64_t live_pages() const noexcept { return whole_pages_ + partial_pages_; }

  /// Pages that hold live bytes and are covered in part only.
  [[nodiscard]] std::uint64_t partial_pages() const noexcept { return partial_pages_; }

 private:
  static constexpr std::uint64_t pages_per_chunk = 64;

  struct chunk {
    std::array<std::uint16_t, pages_per_chunk> counts{};
    std::uint16_t live_pages = 0;
  };

  [[nodiscard]] bool any_partial_in(extent pages) const noexcept;
  void increment(chunk& c, std::uint64_t page) noexcept;
  // Whether the page became free.
  bool decrement(std::uint64_t page);

  std::map<std::uint64_t, chunk> chunks_;
  std::uint64_t whole_pages_ = 0;
  std::uint64_t partial_pages_ = 0;
};

}  // namespace stowage
