#include <stowage/storage/space/page_liveness.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>

namespace stowage {

namespace {

void append(std::vector<extent>& freed, extent pages) {
  if (!freed.empty()) {
    auto& last = freed.back();
    if (last.end() == pages.offset) {
      last.length += pages.length;
      return;
    }
    if (pages.end() == last.offset) {
      last = {pages.offset, pages.length + last.length};
      return;
    }
  }
  freed.push_back(pages);
}

}  // namespace

page_coverage coverage_of(extent e) noexcept {
  page_coverage c;
  if (e.empty()) return c;
  const auto first = e.offset / page_size;
  const auto last = (e.end() - 1) / page_size;
  const bool starts_inside = !is_page_aligned(e.offset);
  const bool ends_inside = !is_page_aligned(e.end());
  if (starts_inside || (first == last && ends_inside)) c.partial[c.partial_count++] = first;
  if (first != last && ends_inside) c.partial[c.partial_count++] = last;
  const auto whole_begin = round_up_to_page(e.offset);
  const auto whole_end = round_down(e.end(), page_size);
  if (whole_begin < whole_end) c.whole = {whole_begin, whole_end - whole_begin};
  return c;
}

void page_liveness::add(std::span<const extent> extents) {
  auto recent = chunks_.end();
  const auto chunk_of = [&](std::uint64_t page) -> chunk& {
    const auto number = page / pages_per_chunk;
    if (recent == chunks_.end() || recent->first != number)
      recent = chunks_.try_emplace(number).first;
    return recent->second;
  };
  for (const auto& e : extents) {
    invariant(!e.empty() && e.end() > e.offset, "an extent without bytes is never live");
    const auto c = coverage_of(e);
    invariant(!any_partial_in(c.whole), "an extent covers a page that others share");
    for (std::size_t i = 0; i < c.partial_count; ++i)
      invariant(chunk_of(c.partial[i]).counts[c.partial[i] % pages_per_chunk] < count_max,
                "more live extents on a page than it has bytes");
    for (std::size_t i = 0; i < c.partial_count; ++i)
      increment(chunk_of(c.partial[i]), c.partial[i]);
    whole_pages_ += c.whole.length / page_size;
  }
}

void page_liveness::remove(extent e, std::vector<extent>& freed) {
  invariant(!e.empty() && e.end() > e.offset, "an extent without bytes is never live");
  const auto c = coverage_of(e);
  for (std::size_t i = 0; i < c.partial_count; ++i)
    invariant(count(c.partial[i]) > 0, "an extent is removed that is not live");
  invariant(whole_pages_ >= c.whole.length / page_size, "an extent is removed that is not live");
  invariant(!any_partial_in(c.whole), "an extent is removed that is not live");

  // In address order the freed pages are one range: whatever lies between two partial pages is
  // whole.
  const auto first = e.offset / page_size;
  auto pages = c.whole;
  for (std::size_t i = 0; i < c.partial_count; ++i) {
    const auto page = c.partial[i];
    if (!decrement(page) && !mutant("page-freed-while-shared")) continue;
    if (pages.empty())
      pages = {page * page_size, page_size};
    else if (page == first)
      pages = {page * page_size, page_size + pages.length};
    else
      pages.length += page_size;
  }
  whole_pages_ -= c.whole.length / page_size;
  if (!pages.empty()) append(freed, pages);
}

std::uint16_t page_liveness::count(std::uint64_t page) const noexcept {
  const auto found = chunks_.find(page / pages_per_chunk);
  return found == chunks_.end() ? std::uint16_t{0} : found->second.counts[page % pages_per_chunk];
}

bool page_liveness::any_partial_in(extent pages) const noexcept {
  if (pages.empty()) return false;
  const auto begin = pages.offset / page_size;
  const auto end = pages.end() / page_size;
  for (auto it = chunks_.lower_bound(begin / pages_per_chunk);
       it != chunks_.end() && it->first * pages_per_chunk < end; ++it) {
    const auto chunk_begin = it->first * pages_per_chunk;
    const auto from = std::max(begin, chunk_begin);
    const auto to = std::min(end, chunk_begin + pages_per_chunk);
    for (auto page = from; page < to; ++page)
      if (it->second.counts[page - chunk_begin] != 0) return true;
  }
  return false;
}

void page_liveness::increment(chunk& c, std::uint64_t page) noexcept {
  if (c.counts[page % pages_per_chunk]++ != 0) return;
  ++c.live_pages;
  ++partial_pages_;
}

bool page_liveness::decrement(std::uint64_t page) {
  const auto found = chunks_.find(page / pages_per_chunk);
  invariant(found != chunks_.end(), "an extent is removed that is not live");
  auto& c = found->second;
  if (--c.counts[page % pages_per_chunk] != 0) return false;
  --partial_pages_;
  if (--c.live_pages == 0) chunks_.erase(found);
  return true;
}

}  // namespace stowage
