#include <stowage/storage/space/space_reserve.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace stowage {

namespace {

// What an index that shrinks leaves behind goes back in pieces of some size, not with every change; and a share
// of what there is, because then all of it is taken anew.
std::uint64_t surplus_bytes_max(std::uint64_t target) noexcept {
  return std::max(limits::mib, target / 16);
}

// Beside its pages a checkpoint has a manifest, whose entry for a page holds that page's first name: at
// most an eighth of the pages, and a page more for what both round up to.
std::uint64_t pieces_for(std::uint64_t checkpoint_bytes) noexcept {
  const auto with_manifest = std::min(checkpoint_bytes, limits::file_bytes_max) / 8 * 9;
  return round_up(with_manifest, limits::checkpoint_page_bytes) + 2 * limits::checkpoint_page_bytes;
}

}  // namespace

void space_reserve::set_checkpoint_bytes(std::uint64_t bytes) {
  if (mutant("reserve-of-fixed-size")) bytes = 0;
  pieces_target_ = pieces_for(bytes);
}

std::uint64_t space_reserve::target_bytes(std::uint64_t checkpoint_bytes) noexcept {
  return pieces_for(checkpoint_bytes) + areas_target * limits::journal_area_bytes_min +
         workspace_bytes;
}

std::uint64_t space_reserve::fill(space_map& space) {
  while (areas_.size() < areas_target) {
    const auto area =
        space.allocate_contiguous(limits::journal_area_bytes_min, limits::journal_area_bytes_min);
    if (!area) break;
    areas_.push_back(*area);
  }
  if (pieces_.free_bytes() >= pieces_target_ + surplus_bytes_max(pieces_target_))
    take_pieces_anew(space);
  else if (pieces_.free_bytes() < pieces_target_)
    take_lacking_pieces(space);
  if (const auto lacking = missing_workspace(); lacking > 0)
    if (auto pages = space.allocate_scattered(lacking, lacking))
      workspace_.insert(workspace_.end(), pages->begin(), pages->end());
  return missing();
}

// An index that grows asks often: what is whole stays.
void space_reserve::take_lacking_pieces(space_map& space) {
  const bool is_whole = !is_broken_ && manifest_run_bytes() <= manifest_run_;
  if (!is_whole || !take_pieces_up_to_target(space)) take_pieces_anew(space);
}

// So that what a shorter page left of a piece joins its neighbours again.
void space_reserve::take_pieces_anew(space_map& space) {
  free_pieces(space);
  // One long run for the manifest where there is one, and single pages.
  manifest_run_ = manifest_run_bytes();
  take_piece_from(space, manifest_run_);
  (void)take_pieces_up_to_target(space);
}

bool space_reserve::take_pieces_up_to_target(space_map& space) {
  while (pieces_.free_bytes() < pieces_target_)
    if (!take_piece_from(space, limits::checkpoint_page_bytes)) return false;
  return true;
}

std::uint64_t space_reserve::manifest_run_bytes() const noexcept {
  return std::bit_floor(pieces_target_ / 8 / limits::checkpoint_page_bytes) *
         limits::checkpoint_page_bytes;
}

void space_reserve::free_pieces(space_map& space) {
  while (const auto run = pieces_.take_longest(limits::file_bytes_max)) space.free_extent(*run);
  is_broken_ = false;
  manifest_run_ = 0;
}

void space_reserve::lend_workspace(space_map& space) {
  for (const auto& pages : std::exchange(workspace_, {})) space.free_extent(pages);
}

void space_reserve::give_back(space_map& space) {
  for (const auto& area : std::exchange(areas_, {})) space.free_extent(area);
  free_pieces(space);
  lend_workspace(space);
}

bool space_reserve::take_piece_from(space_map& space, std::uint64_t bytes) {
  if (bytes == 0) return false;
  const auto piece = space.allocate_contiguous(limits::checkpoint_page_bytes, bytes);
  if (piece) pieces_.release(*piece);
  return piece.has_value();
}

std::optional<extent> space_reserve::take_area() {
  if (areas_.empty()) return std::nullopt;
  const auto area = areas_.back();
  areas_.pop_back();
  return area;
}

std::optional<extent> space_reserve::take_piece(std::uint64_t bytes) {
  is_broken_ = true;
  return pieces_.take_best_fit(round_up_to_page(bytes));
}

std::uint64_t space_reserve::held_bytes() const noexcept {
  return pieces_.free_bytes() + areas_.size() * limits::journal_area_bytes_min + held_workspace();
}

std::uint64_t space_reserve::missing() const noexcept {
  const auto pieces = pieces_target_ - std::min(pieces_target_, pieces_.free_bytes());
  return (areas_target - areas_.size()) * limits::journal_area_bytes_min +
         round_up(pieces, limits::checkpoint_page_bytes) + missing_workspace();
}

std::uint64_t space_reserve::held_workspace() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& pages : workspace_) sum += pages.length;
  return sum;
}

}  // namespace stowage
