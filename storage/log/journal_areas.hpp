// Where the next journal record goes, and which areas must be kept.
//
// Contract: a record goes where the last one ended if it leaves the area's last page free; else to the
// start of the next area, which every record announces; else, when even that is too small, a SEAL in
// the page kept for it names a larger one. `leave` makes the next record do so although it would fit. An area is kept until the *previous* root starts beyond it.
// Concurrency: one owner, the writer.
// Limits: arithmetic only: it allocates no space and encodes no record.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/journal_position.hpp>

#include <cstdint>
#include <deque>
#include <vector>

namespace stowage {

/// What has to be at hand before a record of some size can be placed.
struct area_demand {
  /// An area to announce as the one after next.
  bool spare = false;
  /// At least this many bytes for an area that replaces the announced one; 0 = none.
  std::uint64_t larger_bytes = 0;
};

class journal_areas {
 public:
  /// `kept` are the areas of the journal in chain order; the last one is `at.area`.
  journal_areas(journal_position at, std::vector<area_ref> kept);

  [[nodiscard]] const journal_position& position() const noexcept { return at_; }
  /// Bytes of areas from the oldest kept to the announced next one.
  [[nodiscard]] std::uint64_t area_bytes() const noexcept;

  [[nodiscard]] area_demand demand_for(std::uint64_t record_bytes) const noexcept;

  /// Whether a SEAL after `announce_larger` has its page: not if an earlier one took it, and a crash the
  /// record that was to follow. Then a SEAL without `announce_larger` enters the next area, with a spare
  /// of `larger_bytes`.
  [[nodiscard]] bool has_seal_page() const noexcept {
    return at_.offset + page_size <= at_.area.where.end();
  }

  /// The next record goes to the next area, however much room is left here; with `next_too`, to another one
  /// than is announced, so that a SEAL has to name it first.
  void leave(bool next_too) noexcept;
  /// No record has done so yet.
  [[nodiscard]] bool is_leaving() const noexcept { return leaves_area_; }

  /// Announces `larger` in place of the next area; returns the one replaced, which may be reused once a
  /// SEAL that says so is durable. The SEAL goes to `position().offset`: the last page of an area is kept
  /// for it.
  [[nodiscard]] area_ref announce_larger(const area_ref& larger);

  /// Moves `position()` to the place of a record of this size; `spare` is announced where the record
  /// enters the next area, and left alone otherwise.
  void place(std::uint64_t record_bytes, const area_ref& spare);
  /// The record of this number and checksum now stands at the place.
  void record_placed(lsn number, const hash128& sum, std::uint64_t record_bytes);

  /// Drops the areas before `first_kept` and returns them.
  std::vector<area_ref> release_before(const area_ref& first_kept);

 private:
  [[nodiscard]] std::uint64_t room() const noexcept;

  journal_position at_;
  std::deque<area_ref> kept_;
  bool leaves_area_ = false;
  bool leaves_next_too_ = false;
};

/// Bytes of the next area for a store of this size: 1 MiB at first, doubling to 32 MiB as it grows.
[[nodiscard]] std::uint64_t journal_area_bytes_for(std::uint64_t file_bytes) noexcept;

/// What is written at the moment: in a bulk load each checkpoint would hold little that the one before did not, and all
/// of it again.
enum class write_load : std::uint8_t { usual, bulk };

/// What a checkpoint takes.
struct checkpoint_sizes {
  std::uint64_t now = 0;
  /// The one of the current root.
  std::uint64_t last = 0;
};

/// Whether `journal_bytes` of records since the current root call for a checkpoint: beyond max(8 MiB, half of what it
/// takes now), in a bulk load beyond max(64 MiB, all of the last one). Either way a store that only grows writes each
/// twice as large as the one before.
[[nodiscard]] bool is_checkpoint_due(std::uint64_t journal_bytes, const checkpoint_sizes& of,
                                     write_load load) noexcept;

}  // namespace stowage
