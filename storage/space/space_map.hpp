// The allocator's whole state: where the file's space is, and how much of it is promised.
//
// Contract: every page of the file is in exactly one place: free (F), set aside (free, but above a
// ceiling and not given out), leased to the writer and unspent (L), or used; used is fixed (the head of the file, journal areas, checkpoints), in flight
// (spent by the writer, its extents not published yet) or live (holds published extents). Beside
// the pages run the promises O: bytes granted to the registry before ops are sequenced, not yet
// spent or given back. F + L >= O holds always, so an op that was accepted never lacks space:
// `refill` can supply every promise, in single pages at worst. `check()` asserts all this and runs
// after every change.
// Concurrency: a plain value; the allocator owns it.
// Limits: moves no bytes and grows no file: it is told with `grow` after the device has grown. What
// it frees is reusable at once, so callers free only what no durable record, root or reader needs.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/space/free_map.hpp>
#include <stowage/storage/space/lease.hpp>
#include <stowage/storage/space/page_liveness.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stowage {

struct space_stats {
  std::uint64_t file_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t leased = 0;
  std::uint64_t fixed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t live = 0;
  std::uint64_t outstanding = 0;
  std::uint64_t longest_free_run = 0;
  std::size_t free_runs = 0;

  friend bool operator==(const space_stats&, const space_stats&) = default;
};

class space_map {
 public:
  /// A file of `file_size` bytes, whole pages, in which everything from `data_start` on is free.
  space_map(std::uint64_t file_size, std::uint64_t data_start);

  // Recovery: what the file says is used. It may be a hostile file, so what contradicts an earlier
  // claim is `corrupt` at the extent's offset and changes nothing.

  /// A journal area or a part of a checkpoint: pages nobody else may use.
  result<void> claim_pages(extent pages);

  /// An extent of a live block: its pages are free, or shared with other blocks where it covers
  /// them in part. Overlaps within a page are for `check_disjoint` to find.
  result<void> claim_data(extent data);

  // Promises.

  /// Promises `bytes` if free and leased space has them beyond all other promises.
  [[nodiscard]] bool grant(std::uint64_t bytes);

  /// The least growth of the file, in whole pages, after which `grant` would succeed; 0 if it would
  /// now.
  [[nodiscard]] std::uint64_t shortfall(std::uint64_t bytes) const noexcept;

  /// Takes back a promise, or a part of it, that is not needed after all.
  void give_back(std::uint64_t bytes);

  // The writer's lease.

  /// Moves `want` bytes, rounded up to pages, into the lease, or all free space if that is less. Space
  /// that was used before goes first, because fresh pages cost a sync more (`page_stock`) and the file is
  /// to stay small. While more than a sixteenth of what is used lies idle, runs shorter than 64 KiB are taken before
  /// all others: journal areas and checkpoints have no use for them. Then one run where one is long enough, else the
  /// longest. The rest is fresh: one run, else the longest there are.
  void refill(lease& to, std::uint64_t want);

  /// From here on no page was ever given out in this life, or found used at its beginning.
  [[nodiscard]] std::uint64_t fresh_from() const noexcept { return fresh_from_; }

  /// The writer has put `bytes` of its lease under a group, as promised; they are used from now on.
  void spent(std::uint64_t bytes);

  /// Takes back what a lease still holds. What lies above a ceiling is set aside; where promises need it, the
  /// ceiling is lifted instead.
  void take_back(lease&& unused);

  // Journal areas, manifests and checkpoint pages: used as soon as they are given out.

  /// One run of `bytes_wanted`, or of half of it and so on down to `bytes_min`, as far as free
  /// space has such a run and no promise needs it.
  [[nodiscard]] std::optional<extent> allocate_contiguous(std::uint64_t bytes_min,
                                                          std::uint64_t bytes_wanted);

  /// `bytes` in pieces of at most `piece_bytes_max`, or nothing if promises need the space.
  [[nodiscard]] std::optional<std::vector<extent>> allocate_scattered(
      std::uint64_t bytes, std::uint64_t piece_bytes_max);

  /// Frees an area, a manifest or checkpoint pages, wholly or in part.
  void free_extent(extent pages);

  // Data.

  /// Extents of a group that is durable now. All extents of a group are published before any of
  /// them is retired, or the page of one would be freed under its neighbours. A spent page in which
  /// nothing is ever published stays in flight until the next recovery. Those that follow one another without a page
  /// between them, as most of a group do, cost little more than one.
  void publish(std::span<const extent> of_group);
  void publish(extent data) { publish(std::span{&data, 1}); }

  /// A published extent that nothing needs any more: its pages are free unless others share them.
  void retire(extent data);

  // The file.

  /// The device has `new_size` bytes now, whole pages and no fewer than before.
  void grow(std::uint64_t new_size);

  // The ceiling, under which compaction makes the file shorter: values go below it, areas and checkpoints
  // behind them.

  /// The least ceiling below which `data_bytes` of values fit beside the areas and checkpoints that lie there.
  [[nodiscard]] std::uint64_t ceiling_for(std::uint64_t data_bytes) const;

  /// From here on nothing at or beyond `data_end` is leased: what is free there, or becomes free, is set aside
  /// for areas and checkpoints, which take it from its start. False, and nothing changes, if the promises need
  /// that space.
  [[nodiscard]] bool set_ceiling(std::uint64_t data_end);

  /// Under a ceiling: from here on nothing at all is given out at or beyond `file_end`.
  void set_file_end(std::uint64_t file_end);

  /// What was set aside is free again.
  void lift_ceiling();

  [[nodiscard]] bool has_ceiling() const noexcept { return ceiling_ != no_ceiling; }
  /// Whether nothing is given out beyond a certain place, however long the file is.
  [[nodiscard]] bool has_file_end() const noexcept { return file_end_ != no_ceiling; }

  /// Under a ceiling: where the last page in use ends.
  [[nodiscard]] std::uint64_t end_of_use() const noexcept;
  /// Under a ceiling: how many runs of this length could be set aside for areas and checkpoints below `end`.
  [[nodiscard]] std::uint64_t runs_set_aside(std::uint64_t run_bytes, std::uint64_t end) const;

  /// Ends the file behind the last page in use, and lifts the ceiling. False, and nothing changes, while there is
  /// such a page at or beyond the file's end to be.
  [[nodiscard]] bool cut();

  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }
  /// Where the file's head ends.
  [[nodiscard]] std::uint64_t data_start() const noexcept { return data_start_; }
  [[nodiscard]] const free_map& free_space() const noexcept { return free_; }
  [[nodiscard]] const page_liveness& liveness() const noexcept { return liveness_; }
  [[nodiscard]] space_stats stats() const noexcept;

  /// Asserts that free + set aside + leased + used = file and that every promise can be kept.
  void check() const;

 private:
  [[nodiscard]] std::uint64_t unpromised() const noexcept {
    return free_.free_bytes() + leased_ - outstanding_;
  }
  [[nodiscard]] bool inside_data(extent e) const noexcept;
  void release(extent pages);
  [[nodiscard]] std::optional<extent> take_contiguous(std::uint64_t bytes);
  void give_out(extent run) noexcept;
  [[nodiscard]] bool much_lies_idle() const noexcept;

  static constexpr std::uint64_t no_ceiling = UINT64_MAX;

  std::uint64_t file_bytes_;
  std::uint64_t data_start_;
  free_map free_;
  free_map set_aside_;
  std::uint64_t ceiling_ = no_ceiling;
  std::uint64_t file_end_ = no_ceiling;
  page_liveness liveness_;
  std::uint64_t leased_ = 0;
  /// Areas, manifests and checkpoint pages.
  free_map fixed_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t outstanding_ = 0;
  std::uint64_t fresh_from_;
};

/// `corrupt`, at the offset of the later one, if any two of `extents` share a byte. Extents without
/// bytes share none.
[[nodiscard]] result<void> check_disjoint(std::vector<extent> extents);

/// By how many bytes to grow a file of `file_size` in which `need` bytes are missing: 1/16 of it
/// but at least 16 MiB and at most 1 GiB, or `need` if that is more, in whole pages. Less than
/// `need` only where the largest file there may be leaves no more.
[[nodiscard]] std::uint64_t growth_for(std::uint64_t file_size, std::uint64_t need) noexcept;

}  // namespace stowage
