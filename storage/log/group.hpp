// From accepted ops to one commit: where values lie, the record that names them, the plan that writes both.
//
// Contract: `coalesce` keeps accept order and, of several puts and deletes of one name, only the last.
// `place_values` fills page-aligned runs from their start: packed values first (64-byte units), then the
// larger ones on pages of their own, split only where a run ends or a chunk is full (4 MiB). The pages of
// the runs are written whole, so that no page is written by two groups.
// Concurrency: pure functions; one owner.
// Limits: the caller brings runs of at least `value_pages_bytes` bytes.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/journal_record.hpp>
#include <stowage/storage/format/op.hpp>
#include <stowage/storage/index/block.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/journal_areas.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stowage {

/// An op whose value has its place: what the record says, and the block that the index takes as it is.
struct committed_op {
  op_kind kind = op_kind::put;
  /// Of a DELETE or CLEAR, only what names it.
  block_ref what;

  [[nodiscard]] op as_op() const noexcept {
    auto o = what->as_op();
    o.kind = kind;
    return o;
  }
};

/// Drops ops that a later one of the same name in the list makes irrelevant.
[[nodiscard]] op_list coalesce(op_list ops);

/// How many bytes of whole pages values take that are written together.
class value_pages {
 public:
  void add(std::uint64_t value_bytes) noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept;

 private:
  std::uint64_t packed_ = 0;
  std::uint64_t own_pages_ = 0;
};

/// Bytes of whole pages that the values of `ops` take.
[[nodiscard]] std::uint64_t value_pages_bytes(const op_list& ops) noexcept;

/// An upper bound for the record of an op of this name and value size, where values are split at 4 MiB.
[[nodiscard]] std::uint64_t record_body_bytes_for(std::uint64_t name_bytes,
                                                  std::uint64_t value_bytes) noexcept;

/// Lays the values of `ops` into `runs`, adds their writes to `plan`, and gives the ops with their places
/// and checksums (`seed` is the store's). Small values are copied into `buffers`.
[[nodiscard]] std::vector<committed_op> place_values(const op_list& ops,
                                                     const std::vector<extent>& runs,
                                                     std::uint64_t seed, const page_pool& buffers,
                                                     write_plan& plan);

/// The record of these ops, but for its header.
[[nodiscard]] record_draft encode_body(const std::vector<committed_op>& ops,
                                       const page_pool& buffers);

/// Who writes the journal: the same in every record of one life of the store.
struct journal_identity {
  std::uint64_t uuid_low = 0;
  std::uint64_t hash_seed = 0;
  epoch ep;
};

struct record_parts {
  record_kind kind = record_kind::group;
  std::uint32_t op_count = 0;
  std::uint32_t transaction_count = 0;
  lsn synced_through;
  /// A SEAL after `announce_larger`: it stays in the current area, in the page kept for it if need be.
  bool in_reserved_page = false;
};

/// Completes the next record, adds its write to `plan` and moves `areas` past it; `spare` is the area to
/// announce if the record enters the next one.
void append_record(const journal_identity& who, const record_parts& parts, record_draft draft,
                   const area_ref& spare, journal_areas& areas, write_plan& plan);

}  // namespace stowage
