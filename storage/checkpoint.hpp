// Checkpoints: the whole index as pages on the device, written from a snapshot in slices and read back.
//
// Contract: `checkpoint_writer` encodes a snapshot page by page; the caller finds space for each page and
// writes it, then the manifest. The root it ends with may be named by a superblock only after a sync of
// all of it. `load_checkpoint` gives back exactly the entries, or `corrupt`.
// Concurrency: one owner; the snapshot may be written while the live index goes on.
// Limits: paces nothing by itself: `next_page` does one page of work.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/checkpoint_page.hpp>
#include <stowage/storage/format/manifest.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/storage/index/block_index.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace stowage {

class checkpoint_writer {
 public:
  /// `at` is the journal position right after the last record the snapshot contains.
  checkpoint_writer(index_snapshot snapshot, journal_position at, std::uint64_t hash_seed);

  /// The next page's bytes, whole 4 KiB pages, or nothing when every entry is in a page.
  [[nodiscard]] std::optional<page_buffer> next_page();
  /// Where the oldest page that has no place yet went.
  void page_placed(const extent& where);

  /// The manifest, once all pages are placed; `finish` says where it went and gives the root.
  [[nodiscard]] page_buffer encode_manifest();
  [[nodiscard]] root finish(const extent& where) const;

 private:
  index_snapshot snapshot_;
  journal_position at_;
  std::uint64_t hash_seed_;
  manifest manifest_;
  hash128 manifest_sum_;
  std::size_t placed_ = 0;
  std::string next_name_;
};

/// Reads a root's manifest. Fails with `corrupt` when it does not match the root.
[[nodiscard]] result<manifest> load_manifest(block_device& device, const root& r,
                                             std::uint64_t hash_seed, read_mode mode);

/// The pages of a checkpoint, one after the other.
class checkpoint_reader {
 public:
  checkpoint_reader(manifest m, std::uint64_t hash_seed) noexcept
      : manifest_{std::move(m)}, hash_seed_{hash_seed} {}

  [[nodiscard]] bool is_over() const noexcept { return next_ == manifest_.pages.size(); }
  /// Calls `visit` for every entry of the next page, in name order. Fails with `corrupt`, or with what `visit`
  /// fails with; a page that failed is passed over by the next call.
  [[nodiscard]] result<void> next_page(block_device& device, read_mode mode,
                                       const std::function<result<void>(const op&)>& visit);

 private:
  [[nodiscard]] result<void> read_page(std::uint64_t number, block_device& device, read_mode mode,
                                       const std::function<result<void>(const op&)>& visit);

  manifest manifest_;
  std::uint64_t hash_seed_;
  std::uint64_t next_ = 0;
  /// Of the page before; empty where that cannot be read.
  std::string last_name_;
};

/// Calls `visit` for every entry of the checkpoint, in name order. Fails with `corrupt`, or with what
/// `visit` fails with.
[[nodiscard]] result<void> load_checkpoint(block_device& device, const manifest& m,
                                           std::uint64_t hash_seed, read_mode mode,
                                           const std::function<result<void>(const op&)>& visit);

}  // namespace stowage
