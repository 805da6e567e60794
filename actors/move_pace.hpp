// How much a compaction moves in one go beside clients.
//
// Contract: while clients write, a slice is as large as the disk takes without keeping one of their groups waiting
// for much longer than another client's group would; while none does, as large as it gets. What a slice without
// weight takes is learnt from the quickest one seen; now and then a small one shows whether that is still so. A slice
// that keeps them waiting all the same, because it is one large block, is followed by a longer rest.
// Concurrency: a plain value; pure but for what it is told.
// Limits: a slice holds one block at least, whatever its size.
#pragma once

#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stowage {

class move_pace {
 public:
  static constexpr std::size_t blocks_max = 256;
  static constexpr std::uint64_t bytes_max = 256 * limits::kib;
  /// Of a whole slice, and how many the first one has: a small store is compacted in a few slices.
  static constexpr std::size_t parts = 64;
  static constexpr std::size_t parts_at_first = 16;

  /// The next slice.
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_max / parts * size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_max / parts * size(); }

  /// The slice is durable, `took` after it was handed in.
  void on_moved(std::chrono::nanoseconds took, bool clients_are_busy) noexcept {
    const bool is_probe = until_probe_ == 0;
    until_probe_ = is_probe ? probe_every : until_probe_ - 1;
    // One that was unlucky does not count for much.
    const auto known = is_probe ? 2 * quickest_ : quickest_;
    quickest_ = quickest_ == unknown ? took : std::min(known, took);
    const auto light = tolerated * quickest_;
    rest_ = std::clamp(weight(took, light), rest_min, rest_max);
    if (!clients_are_busy)
      size_ = std::min(parts, 2 * size_);
    else if (took > light)
      size_ = std::max<std::size_t>(1, size_ / 2);
    else if (!is_probe)
      size_ = std::min(parts, size_ + 1);
  }

  /// For how long clients that are busy are to have the disk for themselves after the last slice, whose first read
  /// began `whole` ago: half of the time at least. What makes a slice heavy makes the next one come later, so that the
  /// puts that wait for heavy ones stay few.
  [[nodiscard]] std::chrono::nanoseconds rest(std::chrono::nanoseconds whole) const noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        rest_ * std::chrono::duration<double>{whole});
  }

 private:
  static constexpr std::chrono::nanoseconds unknown{-1};
  /// Twice, so that a client's slowest puts at most double: with three times they took 2.1 times as long (W7).
  static constexpr int tolerated = 2;
  static constexpr int probe_every = 31;
  /// Times what a slice took. No more than four times, or the largest blocks would never all be moved.
  static constexpr double rest_min = 1;
  static constexpr double rest_max = 4;

  [[nodiscard]] static double weight(std::chrono::nanoseconds took,
                                     std::chrono::nanoseconds light) noexcept {
    return static_cast<double>(took.count()) /
           static_cast<double>(std::max<std::int64_t>(1, light.count()));
  }

  [[nodiscard]] std::size_t size() const noexcept { return until_probe_ == 0 ? 1 : size_; }

  std::size_t size_ = parts_at_first;
  int until_probe_ = probe_every;
  double rest_ = rest_min;
  std::chrono::nanoseconds quickest_ = unknown;
};

}  // namespace stowage
