// What lies where in a store's file, as squares of equal size: the numbers behind its picture.
//
// Contract: every byte of the file's whole pages is counted once, in one kind, in the square it lies in and in the
// totals. Pages that small values share are told apart by how full of live bytes they are.
// Concurrency: a pure function.
// Limits: at most 8192 squares, so one of a large file stands for many pages.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/recovery.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stowage::cli {

enum class space_kind : std::uint8_t {
  head,                 ///< the superblocks and what is reserved beside them
  journal,              ///< areas that a recovery may need
  next_area,            ///< the area the journal enters next
  checkpoint,           ///< of the current root
  previous_checkpoint,  ///< of the root to fall back to
  large_value,          ///< pages of a value of 64 KiB or more
  packed_full,          ///< pages of small values, at least 3/4 live
  packed_half,          ///< at least 1/4 live
  packed_sparse,        ///< less than that
  free_space,
};

inline constexpr std::size_t space_kinds = 10;

using bytes_by_kind = std::array<std::uint64_t, space_kinds>;

struct file_map {
  /// Whole pages of it.
  std::uint64_t file_bytes = 0;
  std::uint64_t square_bytes = page_size;
  std::size_t columns = 1;
  std::vector<bytes_by_kind> squares;
  bytes_by_kind totals{};

  std::uint64_t blocks = 0;
  std::uint64_t value_bytes = 0;
  /// Free runs by their length: of one page, up to 4, 16, 64, ... pages; the last one has all longer ones.
  std::array<std::uint64_t, 8> free_runs{};
  std::array<std::uint64_t, 8> free_run_bytes{};
  std::uint64_t longest_free_run = 0;
  /// Pages of small values by how much of them is live, in tenths.
  std::array<std::uint64_t, 10> packed_pages{};

  [[nodiscard]] std::uint64_t total(space_kind kind) const noexcept {
    return totals[static_cast<std::size_t>(kind)];
  }
};

/// `file_bytes` is the device's length.
[[nodiscard]] file_map make_file_map(const recovered_store& state, std::uint64_t file_bytes);

}  // namespace stowage::cli
