// Which blocks to move so that the file can become shorter.
//
// Contract: in two tours over all blocks, each in slices. `survey` finds out how full the shared pages are;
// `next_moves` then names the blocks that lie on sparse
// pages, or reach beyond the ceiling, in name order. A plan is about the snapshots it was given: whoever moves
// a block looks whether it is still the same.
// Concurrency: one owner.
// Limits: reads no values and moves nothing. Takes 2 to 3 bytes of memory for each page that small values
// share, more where few lie far apart.
#pragma once

#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/space/page_fill.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stowage {

class compaction_plan {
 public:
  /// Pages that small values fill by less than `sparse_percent`, 1 to 100, are emptied.
  compaction_plan(index_snapshot state, unsigned sparse_percent);

  /// Looks at up to `blocks_max` further blocks; true when all have been seen.
  [[nodiscard]] bool survey(std::size_t blocks_max);

  /// Bytes of the pages that the values surveyed take once those on sparse pages have moved.
  [[nodiscard]] std::uint64_t bytes_after() const;

  /// Begins the second tour: over `newest`, a later state, for blocks on sparse pages or beyond `ceiling`.
  void begin_moves(index_snapshot newest, std::uint64_t ceiling);

  struct moves {
    std::vector<block_ref> blocks;
    /// All there are have been named.
    bool is_last = true;
  };
  /// Up to `blocks_max` blocks with up to `bytes_max` bytes of values together, or one that is larger. May
  /// name none and yet not be the last: a call looks at a bounded number of blocks, and the next one goes on.
  [[nodiscard]] moves next_moves(std::size_t blocks_max, std::uint64_t bytes_max);

 private:
  [[nodiscard]] bool is_misplaced(const block& b) const;

  index_snapshot state_;
  std::string next_name_;
  unsigned sparse_percent_;
  page_fill fill_;
  std::uint64_t own_page_bytes_ = 0;
  std::uint64_t ceiling_ = UINT64_MAX;
  /// What calls before have found for the next slice.
  std::vector<block_ref> gathered_;
  std::uint64_t gathered_bytes_ = 0;
};

}  // namespace stowage
