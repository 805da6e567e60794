#include <stowage/storage/space/free_map.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/whole_pages.hpp>

#include <algorithm>

namespace stowage {

namespace {

bool is_whole_pages(extent e) noexcept {
  return !e.empty() && is_page_aligned(e.offset) && is_page_aligned(e.length) && e.end() > e.offset;
}

}  // namespace

void free_map::release(extent pages) {
  invariant(is_whole_pages(pages), "space is released in whole pages");
  const auto before = by_offset_.at_or_before(pages.offset);
  const auto after = by_offset_.first_fit(pages.offset, 1);
  invariant(!before || before->end() <= pages.offset, "released space is already free");
  invariant(!after || pages.end() <= after->offset, "released space is already free");

  const bool joins_before = before && before->end() == pages.offset;
  const bool joins_after = after && after->offset == pages.end();
  if (joins_before && joins_after) {
    erase(*after);
    replace(*before, {before->offset, before->length + pages.length + after->length});
  } else if (joins_before) {
    replace(*before, {before->offset, before->length + pages.length});
  } else if (joins_after) {
    replace(*after, {pages.offset, pages.length + after->length});
  } else {
    insert(pages);
  }
  free_bytes_ += pages.length;
}

void free_map::claim(extent pages) {
  invariant(is_whole_pages(pages), "space is claimed in whole pages");
  const auto run = by_offset_.at_or_before(pages.offset);
  invariant(run && pages.end() <= run->end(), "claimed space is not free");
  cut(*run, pages);
}

std::optional<extent> free_map::take_run(std::uint64_t bytes) {
  require_whole_pages(bytes);
  auto run = by_offset_.first_fit(cursor_, bytes);
  if (!run) run = by_offset_.first_fit(0, bytes);
  if (!run) return std::nullopt;
  const auto taken = take_front(*run, bytes);
  cursor_ = taken.end();
  return taken;
}

std::optional<extent> free_map::take_run_before(std::uint64_t bytes, std::uint64_t end) {
  require_whole_pages(bytes);
  for (const auto from : {cursor_, std::uint64_t{0}}) {
    const auto run = by_offset_.first_fit(from, bytes);
    if (!run || run->offset >= end || end - run->offset < bytes) continue;
    const auto taken = take_front(*run, bytes);
    cursor_ = taken.end();
    return taken;
  }
  return std::nullopt;
}

std::optional<extent> free_map::take_best_fit(std::uint64_t bytes) {
  require_whole_pages(bytes);
  const auto found = by_length_.lower_bound({bytes, 0});
  if (found == by_length_.end()) return std::nullopt;
  return take_front({found->second, found->first}, bytes);
}

std::optional<extent> free_map::take_lowest(std::uint64_t bytes) {
  require_whole_pages(bytes);
  const auto run = by_offset_.first_fit(0, bytes);
  if (!run) return std::nullopt;
  return take_front(*run, bytes);
}

std::optional<extent> free_map::take_longest(std::uint64_t bytes_max) {
  require_whole_pages(bytes_max);
  if (by_length_.empty()) return std::nullopt;
  const auto found = by_length_.lower_bound({longest_run(), 0});
  return take_front({found->second, found->first}, std::min(found->first, bytes_max));
}

std::optional<extent> free_map::take_longest_before(std::uint64_t bytes_min,
                                                    std::uint64_t bytes_max, std::uint64_t end) {
  require_whole_pages(bytes_min);
  require_whole_pages(bytes_max);
  extent longest;
  std::uint64_t usable = 0;
  for (auto i = by_length_.rbegin(); i != by_length_.rend() && i->first > usable; ++i) {
    const auto [length, offset] = *i;
    const auto before_end = offset < end ? std::min(length, end - offset) : 0;
    if (before_end <= usable) continue;
    usable = before_end;
    longest = {offset, length};
  }
  if (usable < bytes_min) return std::nullopt;
  // The walk came from above.
  if (usable == longest.length) longest.offset = by_length_.lower_bound({usable, 0})->second;
  return take_front(longest, std::min(usable, bytes_max));
}

std::optional<extent> free_map::take_short_before(std::uint64_t length_end, std::uint64_t bytes_max,
                                                  std::uint64_t end) {
  require_whole_pages(length_end);
  require_whole_pages(bytes_max);
  for (auto i = by_length_.lower_bound({length_end, 0}); i != by_length_.begin();) {
    const auto [length, offset] = *--i;
    if (offset + length <= end) return take_front({offset, length}, std::min(length, bytes_max));
  }
  return std::nullopt;
}

bool free_map::contains(extent pages) const noexcept {
  if (pages.empty() || pages.end() < pages.offset) return false;
  const auto run = by_offset_.at_or_before(pages.offset);
  return run && pages.end() <= run->end();
}

bool free_map::overlaps(extent e) const noexcept {
  if (e.empty() || e.end() < e.offset) return false;
  const auto run = by_offset_.at_or_before(e.end() - 1);
  return run && run->end() > e.offset;
}

void free_map::swap(free_map& other) noexcept {
  std::swap(by_offset_, other.by_offset_);
  by_length_.swap(other.by_length_);
  std::swap(free_bytes_, other.free_bytes_);
  std::swap(cursor_, other.cursor_);
}

void free_map::insert(extent run) {
  by_offset_.insert(run);
  by_length_.emplace(run.length, run.offset);
}

void free_map::erase(extent run) {
  by_offset_.erase(run.offset);
  by_length_.erase({run.length, run.offset});
}

void free_map::replace(extent run, extent by) {
  by_offset_.replace(run.offset, by);
  auto entry = by_length_.extract({run.length, run.offset});
  invariant(!entry.empty(), "the indexes of free space disagree");
  entry.value() = {by.length, by.offset};
  by_length_.insert(std::move(entry));
}

void free_map::cut(extent run, extent piece) {
  const extent head{run.offset, piece.offset - run.offset};
  const extent tail{piece.end(), run.end() - piece.end()};
  if (head.empty() && tail.empty()) {
    erase(run);
  } else if (head.empty()) {
    replace(run, tail);
  } else {
    replace(run, head);
    if (!tail.empty()) insert(tail);
  }
  free_bytes_ -= piece.length;
}

extent free_map::take_front(extent run, std::uint64_t bytes) {
  const extent piece{run.offset, bytes};
  cut(run, piece);
  return piece;
}

}  // namespace stowage
