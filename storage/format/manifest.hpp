// The manifest of a checkpoint: its pages, where they lie, their checksums and first names.
//
// Contract: the root names the manifest and its checksum, the manifest names the pages and theirs, so
// one 128-bit number vouches for the whole checkpoint. First names ascend: a lookup finds its page by
// binary search without reading any other.
// Concurrency: plain values.
// Limits: one contiguous run; the pages may lie anywhere.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stowage {

struct checkpoint_page_ref {
  extent where;
  std::uint32_t entry_count = 0;
  hash128 sum;
  std::string first_name;

  friend bool operator==(const checkpoint_page_ref&, const checkpoint_page_ref&) = default;
};

struct manifest {
  /// The last record whose ops the checkpoint contains.
  lsn number;
  std::uint64_t entry_count = 0;
  std::vector<checkpoint_page_ref> pages;

  friend bool operator==(const manifest&, const manifest&) = default;
};

/// Whole pages; the caller takes the checksum of all of them for the root.
[[nodiscard]] page_buffer encode(const manifest& m);

/// Fails with `corrupt`; the checksum was compared by the caller.
[[nodiscard]] result<manifest> decode_manifest(byte_view bytes, std::uint64_t offset);

}  // namespace stowage
