// Follows the chain of journal records from a position to where it ends.
//
// Contract: visits exactly the records of one unbroken chain (number, hash chain, salt, epoch, store id,
// checksums) in order. At the end it says whether the journal just ends, ends in a torn group, or is
// damaged: a record known to have been durable is missing (`replay_table`).
// Concurrency: one thread; reads only.
// Limits: looks at records, not at the values they name; holds one record in memory at a time, and 1 MiB read ahead.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/format/journal_record.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace stowage {

/// What a record must agree with, from the superblock.
struct journal_lineage {
  std::uint64_t uuid_low = 0;
  std::uint64_t hash_seed = 0;
  /// Records above the fence belong to this life of the store or a later one.
  epoch ep;
  lsn fence;
};

struct walked_record {
  record_header header;
  /// Where it stands.
  std::uint64_t offset = 0;
  byte_view body;
  /// The position a replay goes on from after it.
  journal_position after;
};

struct journal_end {
  /// After the last record.
  journal_position position;
  /// The areas the chain went through, in order; the first holds the start, the last the end.
  std::vector<area_ref> areas;
  /// The newest epoch of a record of the chain, whole or torn.
  epoch newest_epoch;
  /// The next record's header is there and its body is not: a group was cut off.
  bool torn = false;
  /// Committed records are missing: journal_corrupt.
  std::optional<failure> damage;
};

/// Walks from `start` up to and including record `last` (or as far as there is). Fails with io_error,
/// unsupported_version, or what `visit` fails with.
[[nodiscard]] result<journal_end> walk_journal(
    block_device& device, const journal_lineage& lineage, const journal_position& start, lsn last,
    read_mode mode, const std::function<result<void>(const walked_record&)>& visit);

}  // namespace stowage
