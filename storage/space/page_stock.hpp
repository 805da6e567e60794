// The writer's free pages: those that are quick to write durably, and those that first have to be prepared.
//
// Contract: holds runs that its owner leased. Pages of the file that were never written are *fresh*: a file
// system allocates them as unwritten extents, and the first sync of such a page commits a change of the
// file's metadata as well (290 instead of 140 us for 4 KiB on ext4). The owner prepares fresh pages by
// writing zeros to them along with something else; all others are *ready*.
// Concurrency: one owner.
// Limits: only a matter of speed: what is ready or fresh is a guess that may be wrong in either direction.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/space/lease.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace stowage {

class page_stock {
 public:
  /// Adds a run; no part of it may be in here. From `fresh_from` on pages are fresh.
  void add(extent run, std::uint64_t fresh_from);

  [[nodiscard]] std::uint64_t available() const noexcept {
    return ready_.available() + fresh_.available();
  }
  [[nodiscard]] bool empty() const noexcept { return available() == 0; }
  [[nodiscard]] std::uint64_t ready_bytes() const noexcept { return ready_.available(); }

  /// Exactly `bytes`, whole pages and no more than there are: in one run where one kind of pages has such a
  /// run, ready ones first; else in pieces, ready ones first.
  [[nodiscard]] std::vector<extent> carve(std::uint64_t bytes);

  /// Up to `bytes_max` fresh pages, to be prepared and added again; none if all are ready.
  [[nodiscard]] std::optional<extent> take_fresh(std::uint64_t bytes_max);

  /// All that lies at or beyond `from`.
  [[nodiscard]] lease take_from(std::uint64_t from);

  /// All that is left.
  [[nodiscard]] lease release();

 private:
  static void carve_pieces(lease& from, std::uint64_t& bytes, std::vector<extent>& to);

  lease ready_;
  lease fresh_;
};

}  // namespace stowage
