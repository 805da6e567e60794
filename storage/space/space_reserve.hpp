// The reserve: runs set aside so that the journal and a checkpoint go on when the file is full.
//
// Contract: holds two journal areas of the smallest size and the pages of one checkpoint, each as a run
// of its own, because free space that is scattered is of no use to a journal, and the pages that compaction
// begins with. `fill` takes from a
// `space_map` what is missing; what is held counts as used there. A put is accepted only while the
// reserve is full, so a full file still has room for the journal of deletes and for the checkpoints that
// give the older journal back.
// Concurrency: a plain value; the allocator owns it.
// Limits: two areas last for 2 MiB of records; within them two checkpoints have to end. `fill` costs O(log n) for
// each piece that is missing, and O(n log n) for all n of them after a checkpoint took some, where the file has no
// piece left, or when their number has doubled.
#pragma once

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/space/free_map.hpp>
#include <stowage/storage/space/space_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stowage {

class space_reserve {
 public:
  static constexpr std::size_t areas_target = 2;
  /// Pages into which compaction moves blocks where nothing else is free; each move frees more than it took.
  static constexpr std::uint64_t workspace_bytes = 256 * limits::kib;

  /// How many bytes a checkpoint of the newest state takes, without its manifest.
  void set_checkpoint_bytes(std::uint64_t bytes);

  /// What is held for a checkpoint of this size when all is there.
  [[nodiscard]] static std::uint64_t target_bytes(std::uint64_t checkpoint_bytes) noexcept;

  /// Takes what is missing as far as `space` has it in runs, gives back what is too much, and answers the
  /// bytes that are missing still: a file longer by so many fills the reserve.
  std::uint64_t fill(space_map& space);

  /// One of the journal areas: `journal_area_bytes_min` long.
  [[nodiscard]] std::optional<extent> take_area();

  /// A run for a part of a checkpoint.
  [[nodiscard]] std::optional<extent> take_piece(std::uint64_t bytes);

  /// Makes the pages held for compaction free. What is missing then is taken again by `fill`.
  void lend_workspace(space_map& space);

  /// Makes everything free that is held; `fill` takes it again, from wherever it is.
  void give_back(space_map& space);

  [[nodiscard]] bool is_full() const noexcept { return missing() == 0; }
  [[nodiscard]] std::uint64_t missing() const noexcept;
  /// What of that is missing of the pages for compaction, which come from below a ceiling.
  [[nodiscard]] std::uint64_t missing_workspace() const noexcept {
    return workspace_bytes - held_workspace();
  }
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;

 private:
  [[nodiscard]] std::uint64_t held_workspace() const noexcept;
  void take_lacking_pieces(space_map& space);
  void take_pieces_anew(space_map& space);
  [[nodiscard]] bool take_pieces_up_to_target(space_map& space);
  bool take_piece_from(space_map& space, std::uint64_t bytes);
  void free_pieces(space_map& space);
  /// The run that is wanted for a manifest.
  [[nodiscard]] std::uint64_t manifest_run_bytes() const noexcept;

  std::vector<extent> areas_;
  free_map pieces_;
  std::uint64_t pieces_target_ = 0;
  /// The run that was wanted for a manifest when the pieces were taken.
  std::uint64_t manifest_run_ = 0;
  /// A part of a checkpoint was taken from the pieces since.
  bool is_broken_ = false;
  std::vector<extent> workspace_;
};

}  // namespace stowage
