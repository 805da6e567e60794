// A place in the journal: the area, the next record's offset, and what links it to the record before.
//
// Contract: everything a replay needs to go on from here, and everything a root stores of it.
// Concurrency: plain values.
// Limits: says nothing about whether a record stands there.
#pragma once

#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>

namespace stowage {

/// Names a journal area. The salt stands in every record of the area, so that stale bytes of a recycled
/// page, even of a copy of this store, are never taken for a record.
struct area_ref {
  extent where;
  std::uint64_t salt = 0;

  [[nodiscard]] bool exists() const noexcept { return where.length != 0; }
  friend bool operator==(const area_ref&, const area_ref&) = default;
};

struct journal_position {
  /// The last record before this position; lsn 0 = none yet.
  lsn last;
  /// Header hash of that record; the next record must repeat it.
  hash128 previous;
  area_ref area;
  /// Offset in the file where the next record goes if it fits in the area.
  std::uint64_t offset = 0;
  /// Where the journal goes on when it does not fit; may not exist.
  area_ref next;

  friend bool operator==(const journal_position&, const journal_position&) = default;
};

inline void encode_area_ref(byte_writer& out, const area_ref& a) {
  out.number(a.where.offset).number(a.where.length).number(a.salt);
}

inline area_ref decode_area_ref(byte_reader& in) noexcept {
  area_ref a;
  a.where.offset = in.number<std::uint64_t>();
  a.where.length = in.number<std::uint64_t>();
  a.salt = in.number<std::uint64_t>();
  return a;
}

/// Whether `a` is nothing, or 1 to 64 MiB of whole pages of a file of at most 2^48 bytes.
[[nodiscard]] bool is_valid(const area_ref& a) noexcept;

}  // namespace stowage
