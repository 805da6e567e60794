#include <stowage/storage/space/page_fill.hpp>

#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <limits>

namespace stowage {

void page_fill::add(extent e) {
  const auto end = round_up(e.end(), limits::packing_unit);
  for (auto at = e.offset; at < end;) {
    const auto page = at / page_size;
    const auto here = std::min(end, (page + 1) * page_size) - at;
    auto& bytes = bytes_of_page_[page / pages_per_chunk][page % pages_per_chunk];
    constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
    bytes = static_cast<std::uint16_t>(std::min(bytes + here, most));
    at += here;
  }
}

std::uint64_t page_fill::bytes_without_pages_below(unsigned percent) const {
  std::uint64_t kept = 0;
  std::uint64_t moved = 0;
  for (const auto& [number, pages] : bytes_of_page_)
    for (const std::uint64_t bytes : pages) {
      if (bytes * 100 < page_size * percent)
        moved += bytes;
      else
        kept += page_size;
    }
  return kept + round_up_to_page(moved);
}

bool page_fill::has_page_below(extent e, unsigned percent) const {
  for (auto page = e.offset / page_size; page * page_size < e.end(); ++page) {
    const auto found = bytes_of_page_.find(page / pages_per_chunk);
    if (found == bytes_of_page_.end()) continue;
    const std::uint64_t bytes = found->second[page % pages_per_chunk];
    if (bytes != 0 && bytes * 100 < page_size * percent) return true;
  }
  return false;
}

}  // namespace stowage
