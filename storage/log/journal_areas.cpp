#include <stowage/storage/log/journal_areas.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace stowage {

namespace {

// The last page of an area is kept for a SEAL.
std::uint64_t usable(const area_ref& area) noexcept { return area.where.length - page_size; }

}  // namespace

journal_areas::journal_areas(journal_position at, std::vector<area_ref> kept)
    : at_{at}, kept_{kept.begin(), kept.end()} {
  invariant(!kept_.empty() && kept_.back() == at_.area, "the journal goes on in its last area");
  invariant(at_.next.exists(), "every record announces a next area");
}

std::uint64_t journal_areas::area_bytes() const noexcept {
  std::uint64_t sum = at_.next.where.length;
  for (const auto& a : kept_) sum += a.where.length;
  return sum;
}

std::uint64_t journal_areas::room() const noexcept {
  if (leaves_area_) return 0;
  const auto end = at_.area.where.end() - page_size;
  return at_.offset < end ? end - at_.offset : 0;
}

area_demand journal_areas::demand_for(std::uint64_t record_bytes) const noexcept {
  if (record_bytes <= room()) return {};
  if (record_bytes <= usable(at_.next) && !leaves_next_too_)
    return {.spare = true, .larger_bytes = 0};
  return {.spare = true,
          .larger_bytes = std::max(record_bytes + page_size, limits::journal_area_bytes_min)};
}

void journal_areas::leave(bool next_too) noexcept {
  leaves_area_ = true;
  leaves_next_too_ = next_too;
}

area_ref journal_areas::announce_larger(const area_ref& larger) {
  invariant(has_seal_page(), "an area keeps a page for a SEAL");
  leaves_next_too_ = false;
  return std::exchange(at_.next, larger);
}

void journal_areas::place(std::uint64_t record_bytes, const area_ref& spare) {
  if (record_bytes > room()) {
    invariant(record_bytes <= usable(at_.next), "a record fits the announced area");
    invariant(spare.exists(), "an area entered announces another");
    at_.area = mutant("journal-ring-overwrites-itself") ? kept_.front() : at_.next;
    at_.offset = at_.area.where.offset;
    at_.next = spare;
    kept_.push_back(at_.area);
    // Where no SEAL could name another area, this one is passed through.
    leaves_area_ = std::exchange(leaves_next_too_, false);
  }
}

void journal_areas::record_placed(lsn number, const hash128& sum, std::uint64_t record_bytes) {
  invariant(number == at_.last.next(), "records are numbered one after another");
  at_.last = number;
  at_.previous = sum;
  at_.offset += record_bytes - (mutant("synced-journal-page-rewritten") ? page_size : 0);
  invariant(at_.offset <= at_.area.where.end(), "a record ends inside its area");
}

std::vector<area_ref> journal_areas::release_before(const area_ref& first_kept) {
  invariant(std::ranges::find(kept_, first_kept) != kept_.end(), "a root starts in a kept area");
  std::vector<area_ref> released;
  while (kept_.front() != first_kept) {
    released.push_back(kept_.front());
    kept_.pop_front();
  }
  return released;
}

std::uint64_t journal_area_bytes_for(std::uint64_t file_bytes) noexcept {
  return std::clamp(std::bit_floor(file_bytes / 64), limits::journal_area_bytes_min,
                    limits::journal_area_bytes_max);
}

bool is_checkpoint_due(std::uint64_t journal_bytes, const checkpoint_sizes& of,
                       write_load load) noexcept {
  return load == write_load::bulk ? journal_bytes > std::max(64 * limits::mib, of.last)
                                  : journal_bytes > std::max(8 * limits::mib, of.now / 2);
}

}  // namespace stowage
