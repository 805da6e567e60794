#include <stowage/storage/space/space_map.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/space/extent_order.hpp>
#include <stowage/storage/space/whole_pages.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace stowage {

namespace {

// From a run of this length a group of a few blocks can be written in one go; and a checkpoint page needs one.
constexpr std::uint64_t run_bytes_min = limits::checkpoint_page_bytes;

}  // namespace

space_map::space_map(std::uint64_t file_size, std::uint64_t data_start)
    : file_bytes_{file_size}, data_start_{data_start}, fresh_from_{data_start} {
  invariant(is_page_aligned(file_size) && is_page_aligned(data_start) && data_start <= file_size &&
                file_size <= limits::file_bytes_max,
            "a file has whole pages and room for its head");
  if (data_start < file_size) free_.release({data_start, file_size - data_start});
  check();
}

result<void> space_map::claim_pages(extent pages) {
  if (!inside_data(pages))
    return fail_at(errc::corrupt, pages.offset, "an area lies outside the file");
  if (!is_page_aligned(pages.offset) || !is_page_aligned(pages.length))
    return fail_at(errc::corrupt, pages.offset, "an area does not have whole pages");
  if (!free_.contains(pages))
    return fail_at(errc::corrupt, pages.offset, "an area overlaps what else is used");
  free_.claim(pages);
  give_out(pages);
  fixed_.release(pages);
  check();
  return {};
}

result<void> space_map::claim_data(extent data) {
  if (!inside_data(data))
    return fail_at(errc::corrupt, data.offset, "a block's extent lies outside the file");
  const auto pages = coverage_of(data);
  const auto page_of = [&pages](std::size_t i) {
    return extent{pages.partial[i] * page_size, page_size};
  };
  bool fits = pages.whole.empty() || free_.contains(pages.whole);
  std::array<bool, 2> fresh{};
  for (std::size_t i = 0; i < pages.partial_count; ++i) {
    fresh[i] = free_.contains(page_of(i));
    const auto sharers = liveness_.count(pages.partial[i]);
    // A used page without a count is an area's, or covered wholly by another block.
    fits = fits && (fresh[i] || (sharers > 0 && sharers < page_liveness::count_max));
  }
  if (!fits)
    return fail_at(errc::corrupt, data.offset, "a block's extent overlaps what else is used");

  if (!pages.whole.empty()) free_.claim(pages.whole);
  for (std::size_t i = 0; i < pages.partial_count; ++i)
    if (fresh[i]) free_.claim(page_of(i));
  give_out(data.pages());
  liveness_.add(data);
  check();
  return {};
}

bool space_map::grant(std::uint64_t bytes) {
  if (shortfall(bytes) > 0) return false;
  outstanding_ += bytes;
  check();
  return true;
}

std::uint64_t space_map::shortfall(std::uint64_t bytes) const noexcept {
  // More than the largest file holds is missing in any case; the cut keeps the sum from wrapping.
  const auto needed = std::min(bytes, limits::file_bytes_max + page_size);
  return needed > unpromised() ? round_up_to_page(needed - unpromised()) : 0;
}

void space_map::give_back(std::uint64_t bytes) {
  invariant(bytes <= outstanding_, "more is given back than was promised");
  outstanding_ -= bytes;
}

void space_map::refill(lease& to, std::uint64_t want) {
  // Free space is whole pages, so the lesser of the two is as well.
  auto missing = std::min(want, free_.free_bytes());
  missing = round_up_to_page(missing);
  if (missing == 0) return;
  leased_ += missing;
  const auto add = [&](extent run) {
    to.add(run);
    give_out(run);
    missing -= run.length;
  };
  while (missing > 0 && much_lies_idle()) {
    const auto piece = free_.take_short_before(run_bytes_min, missing, fresh_from_);
    if (!piece) break;
    add(*piece);
  }
  if (missing > 0)
    if (const auto run = free_.take_run_before(missing, fresh_from_)) add(*run);
  while (missing > 0) {
    const auto piece = free_.take_longest_before(run_bytes_min, missing, fresh_from_);
    if (!piece) break;
    add(*piece);
  }
  if (missing > 0)
    if (const auto run = free_.take_run(missing)) add(*run);
  while (missing > 0) {
    const auto piece = free_.take_longest(missing);
    invariant(piece.has_value(), "free space has fewer bytes than it says");
    add(*piece);
  }
  check();
}

void space_map::spent(std::uint64_t bytes) {
  require_whole_pages(bytes);
  invariant(bytes <= leased_, "more is spent than was leased");
  invariant(bytes <= outstanding_, "more is spent than was promised");
  leased_ -= bytes;
  outstanding_ -= bytes;
  in_flight_ += bytes;
  check();
}

void space_map::take_back(lease&& unused) {
  invariant(unused.available() <= leased_, "more is taken back than was leased");
  leased_ -= unused.available();
  for (const auto& run : unused.release()) release(run);
  // Promises made since the ceiling was set may have counted on leased pages above it.
  if (free_.free_bytes() + leased_ < outstanding_ && !mutant("promises-below-a-ceiling-not-kept"))
    lift_ceiling();
  check();
}

std::optional<extent> space_map::allocate_contiguous(std::uint64_t bytes_min,
                                                     std::uint64_t bytes_wanted) {
  require_whole_pages(bytes_min);
  require_whole_pages(bytes_wanted);
  invariant(bytes_min <= bytes_wanted, "more is needed than wanted");
  for (auto bytes = bytes_wanted;;) {
    if (const auto run = take_contiguous(bytes)) {
      give_out(*run);
      fixed_.release(*run);
      check();
      return run;
    }
    if (bytes == bytes_min) return std::nullopt;
    bytes = std::max(bytes_min, round_down(bytes / 2, page_size));
  }
}

std::optional<extent> space_map::take_contiguous(std::uint64_t bytes) {
  // What is set aside belongs to no promise.
  if (auto run = set_aside_.take_lowest(bytes)) {
    if (run->end() <= file_end_) return run;
    set_aside_.release(*run);
  }
  if (bytes > unpromised()) return std::nullopt;
  return free_.take_best_fit(bytes);
}

std::optional<std::vector<extent>> space_map::allocate_scattered(std::uint64_t bytes,
                                                                 std::uint64_t piece_bytes_max) {
  require_whole_pages(bytes);
  require_whole_pages(piece_bytes_max);
  if (bytes > unpromised() || bytes > free_.free_bytes()) return std::nullopt;
  std::vector<extent> pieces;
  for (auto missing = bytes; missing > 0;) {
    const auto length = std::min(missing, piece_bytes_max);
    // The smallest run that holds a whole piece: it spares the long runs, and goes on in the same
    // run with the next piece.
    auto piece = free_.take_best_fit(length);
    if (!piece) piece = free_.take_longest(length);
    invariant(piece.has_value(), "free space has fewer bytes than it says");
    give_out(*piece);
    fixed_.release(*piece);
    pieces.push_back(*piece);
    missing -= piece->length;
  }
  check();
  return pieces;
}

void space_map::free_extent(extent pages) {
  invariant(inside_data(pages), "an extent outside the file is freed");
  fixed_.claim(pages);
  release(pages);
  check();
}

// What is free, set aside or fixed is whole pages: where extents lie so close that each page between the first and the
// last one has a part of one, it is as good to ask once for all of them.
void space_map::publish(std::span<const extent> of_group) {
  const auto is_next_to = [](const extent& stretch, const extent& next) {
    return next.offset >= stretch.end() && next.offset <= round_up_to_page(stretch.end());
  };
  const auto before = liveness_.live_pages();
  for (std::size_t first = 0, end = 0; first < of_group.size(); first = end) {
    extent stretch{of_group[first].offset, 0};
    do {
      invariant(inside_data(of_group[end]), "an extent outside the file is published");
      stretch.length = of_group[end].end() - stretch.offset;
    } while (++end < of_group.size() && is_next_to(stretch, of_group[end]));
    invariant(
        !free_.overlaps(stretch) && !set_aside_.overlaps(stretch) && !fixed_.overlaps(stretch),
        "I1: what is published was leased, and is nothing else");
    liveness_.add(of_group.subspan(first, end - first));
  }
  const auto settled = (liveness_.live_pages() - before) * page_size;
  invariant(settled <= in_flight_, "more is published than was spent");
  in_flight_ -= settled;
  check();
}

void space_map::retire(extent data) {
  invariant(inside_data(data), "an extent outside the file is retired");
  std::vector<extent> freed;
  liveness_.remove(data, freed);
  for (const auto& pages : freed) release(pages);
  check();
}

void space_map::grow(std::uint64_t new_size) {
  invariant(
      is_page_aligned(new_size) && new_size >= file_bytes_ && new_size <= limits::file_bytes_max,
      "a file grows by whole pages");
  if (new_size > file_bytes_) release({file_bytes_, new_size - file_bytes_});
  file_bytes_ = new_size;
  check();
}

std::uint64_t space_map::ceiling_for(std::uint64_t data_bytes) const {
  auto ceiling = data_start_ + round_up_to_page(data_bytes);
  for (const auto& run : fixed_) {
    if (run.offset >= ceiling) break;
    ceiling += run.length;
  }
  return ceiling;
}

bool space_map::set_ceiling(std::uint64_t data_end) {
  require_whole_pages(data_end);
  invariant(!has_ceiling(), "one ceiling at a time");
  std::vector<extent> above;
  std::uint64_t above_bytes = 0;
  for (const auto& run : free_) {
    if (run.end() <= data_end) continue;
    const auto from = std::max(run.offset, data_end);
    above.push_back({from, run.end() - from});
    above_bytes += above.back().length;
  }
  // What is leased may lie above, and is set aside when it comes back.
  if (free_.free_bytes() - above_bytes < outstanding_) return false;
  for (const auto& pages : above) {
    free_.claim(pages);
    set_aside_.release(pages);
  }
  ceiling_ = data_end;
  check();
  return true;
}

void space_map::set_file_end(std::uint64_t file_end) {
  require_whole_pages(file_end);
  invariant(has_ceiling() && file_end >= ceiling_, "a file ends above its values");
  file_end_ = file_end;
}

void space_map::lift_ceiling() {
  ceiling_ = file_end_ = no_ceiling;
  const auto all = std::exchange(set_aside_, free_map{});
  for (const auto& pages : all) free_.release(pages);
  check();
}

std::uint64_t space_map::end_of_use() const noexcept {
  extent last;
  for (const auto& run : set_aside_) last = run;
  return last.end() == file_bytes_ ? last.offset : file_bytes_;
}

std::uint64_t space_map::runs_set_aside(std::uint64_t run_bytes, std::uint64_t end) const {
  std::uint64_t count = 0;
  for (const auto& run : set_aside_) {
    if (run.offset >= end) break;
    count += (std::min(run.end(), end) - run.offset) / run_bytes;
  }
  return count;
}

bool space_map::cut() {
  invariant(has_ceiling(), "a file is cut under a ceiling");
  const auto end = end_of_use();
  if (end == file_bytes_ || end > file_end_) return false;
  set_aside_.claim({end, file_bytes_ - end});
  file_bytes_ = end;
  fresh_from_ = std::min(fresh_from_, file_bytes_);
  lift_ceiling();
  return true;
}

space_stats space_map::stats() const noexcept {
  space_stats s;
  s.file_bytes = file_bytes_;
  s.free_bytes = free_.free_bytes();
  s.set_aside = set_aside_.free_bytes();
  s.leased = leased_;
  s.fixed = data_start_ + fixed_.free_bytes();
  s.in_flight = in_flight_;
  s.live = liveness_.live_pages() * page_size;
  s.outstanding = outstanding_;
  s.longest_free_run = free_.longest_run();
  s.free_runs = free_.run_count();
  return s;
}

void space_map::check() const {
  const auto used =
      data_start_ + fixed_.free_bytes() + in_flight_ + liveness_.live_pages() * page_size;
  invariant(free_.free_bytes() + set_aside_.free_bytes() + leased_ + used == file_bytes_,
            "I2: free + set aside + leased + used = file");
  invariant(free_.free_bytes() + leased_ >= outstanding_, "more is promised than there is");
}

void space_map::release(extent pages) {
  if (pages.end() <= ceiling_) return free_.release(pages);
  const auto from = std::max(pages.offset, ceiling_);
  set_aside_.release({from, pages.end() - from});
  if (pages.offset < from) free_.release({pages.offset, from - pages.offset});
}

void space_map::give_out(extent run) noexcept { fresh_from_ = std::max(fresh_from_, run.end()); }

// Of the part of the file that was used before.
bool space_map::much_lies_idle() const noexcept {
  // Under a ceiling the file is to become shorter, whatever the pieces.
  if (has_ceiling()) return true;
  const auto idle = free_.free_bytes() - (file_bytes_ - fresh_from_);
  const auto used = fresh_from_ - data_start_ - idle;
  return idle > used / 16;
}

bool space_map::inside_data(extent e) const noexcept {
  return !e.empty() && e.offset >= data_start_ && e.offset < file_bytes_ &&
         e.length <= file_bytes_ - e.offset;
}

result<void> check_disjoint(std::vector<extent> extents) {
  std::erase_if(extents, [](const extent& e) { return e.empty(); });
  sort_by_offset(extents);
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const auto& before = extents[i - 1];
    // Not by end(): a hostile length wraps.
    if (extents[i].offset - before.offset < before.length)
      return fail_at(errc::corrupt, extents[i].offset, "two extents share bytes");
  }
  return {};
}

std::uint64_t growth_for(std::uint64_t file_size, std::uint64_t need) noexcept {
  if (file_size >= limits::file_bytes_max) return 0;
  const auto usual = std::clamp(file_size / 16, 16 * limits::mib, limits::gib);
  const auto left = round_down(limits::file_bytes_max - file_size, page_size);
  // Compared before it is rounded: rounding up a number near the end would wrap.
  if (need >= left) return left;
  return std::min(round_up_to_page(std::max(usual, need)), left);
}

}  // namespace stowage
