// The superblock: who this store is, and from where to recover it.
//
// Contract: `encode` writes one whole slot of 4096 bytes; `decode` gives a superblock whose every field
// was checked, or the reason why not. Slots alternate: generation g stands in slot g % 2.
// Concurrency: plain values.
// Limits: one slot at a time; which of two to believe is `superblock_election.hpp`.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/journal_position.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace stowage {

using uuid = std::array<std::byte, 16>;

/// The first 8 bytes as a number: what journal records repeat.
[[nodiscard]] std::uint64_t low_half(const uuid& id) noexcept;

/// A state of the store that is whole: a checkpoint and the journal from there on.
struct root {
  /// The manifest; no length = this root does not exist.
  extent manifest;
  hash128 manifest_sum;
  std::uint64_t entry_count = 0;
  /// Where replay starts; `start.last` is the last record the checkpoint contains.
  journal_position start;

  [[nodiscard]] bool exists() const noexcept { return manifest.length != 0; }
  friend bool operator==(const root&, const root&) = default;
};

struct superblock {
  std::uint64_t feature_compat = 0;
  std::uint64_t feature_ro_compat = 0;
  std::uint64_t feature_incompat = 0;
  uuid id{};
  generation gen;
  epoch ep;
  /// Every record up to here is durable: one that cannot be found is damage, not a torn tail.
  lsn fence;
  std::uint64_t hash_seed = 0;
  /// The store was closed in order and nothing was written since.
  bool clean = false;
  /// The file was at least this long, durably, when this was written.
  std::uint64_t min_file_bytes = 0;
  /// No version up to here is ever given again: it was given, or may have been given and lost.
  version version_floor;
  root current;
  root previous;

  /// Which slot this generation is written to.
  [[nodiscard]] std::size_t slot() const noexcept { return gen.value % 2; }
  friend bool operator==(const superblock&, const superblock&) = default;
};

[[nodiscard]] page_buffer encode(const superblock& sb);

/// The slot of `next`, which goes to the device after `before`. Asserts I5 (one generation further; epoch, fence
/// and version floor not lower; the same store) and I7 (a recovery would read exactly `next`).
[[nodiscard]] page_buffer encode_successor(const superblock& before, const superblock& next);

/// Fails with not_a_store (no magic), corrupt (checksum or fields), unsupported_version (newer major or
/// unknown incompatible features). `slot_bytes` is 4096 bytes, `offset` where they stood.
[[nodiscard]] result<superblock> decode_superblock(byte_view slot_bytes, std::uint64_t offset);

/// The fields of a slot whose checksum does not match, for salvage: nothing but claims, each of which has to be
/// proven by what it names. A root that cannot be is none. Nothing where no slot of this format may stand.
[[nodiscard]] std::optional<superblock> claimed_superblock(byte_view slot_bytes);

}  // namespace stowage
