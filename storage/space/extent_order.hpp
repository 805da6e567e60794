// Sorts the extents of a whole store.
//
// Contract: by offset, whatever their order was; of equal offsets the order is kept.
// Concurrency: pure.
// Limits: O(n) for each 11 bits of the largest offset, and as much memory again. A radix sort, because the places of
// values in name order are many ascending runs: of that comparing sorts make the most work, and with a million values an
// open would spend a third of its time on it.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <vector>

namespace stowage {

void sort_by_offset(std::vector<extent>& extents);

}  // namespace stowage
