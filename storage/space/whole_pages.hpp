// Space is taken and given back in whole pages.
#pragma once

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>

namespace stowage {

/// Any thread.
inline void require_whole_pages(std::uint64_t bytes) {
  invariant(bytes > 0 && is_page_aligned(bytes), "space is counted in whole pages");
}

}  // namespace stowage
