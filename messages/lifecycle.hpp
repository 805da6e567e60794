// What is asked of the store as a whole: flush, status, checkpoint, compact, verify, backup, close.
//
// Contract: status is a snapshot of counters that only grow, and of gauges, at one moment per actor.
// Concurrency: plain values.
#pragma once

#include <stowage/messages/error.hpp>
#include <stowage/messages/ids.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// Answered when everything accepted before it is durable. Fails with io_error or poisoned if that can
/// never be, overloaded, closed.
struct flush_request {};

/// Answered with `store_status`; also by a poisoned store.
struct status_request {};

/// Answered when a checkpoint is durable that holds everything durable by now: the next open replays less.
/// Fails with no_space, io_error, poisoned, closed.
struct checkpoint_request {};

/// Moves blocks together until the file is about as long as what lives in it, while clients are served.
/// Answered with `compact_result`. Fails with no_space where there is no room even to begin, io_error,
/// poisoned, closed.
struct compact_request {};

/// So many unreadable blocks are named in an answer; the others are counted.
inline constexpr std::size_t unreadable_named_max = 1000;

inline void note_failure(failure why, std::vector<failure>& named, std::uint64_t& count) {
  ++count;
  if (named.size() < unreadable_named_max) named.push_back(std::move(why));
}

/// The answer to a `compact_request`.
struct compact_result {
  std::uint64_t blocks_moved = 0;
  std::uint64_t bytes_moved = 0;
  std::uint64_t file_bytes_before = 0;
  std::uint64_t file_bytes_after = 0;
  /// Blocks that could not be verified: they were left where they are. The first `unreadable_named_max` of them.
  std::vector<failure> unreadable;
  std::uint64_t unreadable_count = 0;
};

/// Reads everything from the disk and compares it with its checksums, while clients are served: what a restart would
/// begin from, and each block as it is when its turn comes. Answered with `verify_result`; how far it is stands in
/// the status. A poisoned store can be verified as well. Fails with overloaded (another one is under way), closed.
struct verify_request {};

/// The answer to a `verify_request`.
struct verify_result {
  std::uint64_t blocks = 0;
  std::uint64_t chunks = 0;
  std::uint64_t verified_bytes = 0;
  /// What is damaged: corrupt and journal_corrupt{offset}, then corrupt_block{name, offset} in the order of names;
  /// io_error where it cannot be read. The first `unreadable_named_max` of them.
  std::vector<failure> found;
  std::uint64_t found_count = 0;
};

/// Copies all that is durable now into a new store, dense and in the order of names, while clients are served:
/// blocks keep version and expiry. Nothing is at `path` before the copy is whole and durable; then it is answered
/// with `backup_result`. A poisoned store can be backed up as well. Fails with already_exists, no_such_store (no such
/// directory), permission_denied, no_space or io_error of the copy, overloaded (another one is being written),
/// snapshot_expired (it took too long, or what it kept from being reused became too much), closed.
struct backup_request {
  /// Of the new store, on the machine the store runs on.
  std::string path;
};

/// The answer to a `backup_request`.
struct backup_result {
  std::uint64_t blocks = 0;
  std::uint64_t value_bytes = 0;
  std::uint64_t file_bytes = 0;
  /// Everything up to this version is in it, and nothing later.
  version through;
  /// Blocks that could not be verified and are not in the copy. The first `unreadable_named_max` of them.
  std::vector<failure> unreadable;
  std::uint64_t unreadable_count = 0;
};

/// Drains: takes nothing new, makes everything accepted durable, marks the store clean, releases its
/// file; then it is answered. Fails with what made that impossible; the file is released all the same.
struct close_request {};

/// The life of a store: open -> read_only | poisoned -> closed.
struct store_status {
  std::string state;
  /// Why the store is poisoned; empty otherwise.
  std::string cause;
  std::string path;
  /// Which store it is, how often it was opened to be written, and how many superblocks it has had.
  std::array<std::uint8_t, 16> uuid{};
  std::uint64_t epoch = 0;
  std::uint64_t generation = 0;

  std::uint64_t blocks = 0;
  std::uint64_t value_bytes = 0;
  /// Of the blocks, those that expire; and how many were removed because they had. One that has expired is counted
  /// among the blocks until it is removed.
  std::uint64_t blocks_expiring = 0;
  std::uint64_t blocks_expired = 0;
  /// The version given last, and the last one that is durable.
  version last_version;
  version durable_version;
  lsn durable_lsn;

  /// Ops accepted and not yet durable, their bytes, and requests that wait for credit or space.
  std::uint64_t ops_in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::uint64_t requests_parked = 0;
  std::uint64_t ops_accepted = 0;
  std::uint64_t ops_rejected = 0;

  std::uint64_t batches = 0;
  /// Batches by what closed them, indexed by `close_cause`: ops, delay, bytes, flush, waited, credit,
  /// shutdown.
  std::array<std::uint64_t, 7> batches_closed_by{};
  /// Made durable with ops, made durable without any (which proves the last one), and calls of fdatasync.
  std::uint64_t groups = 0;
  std::uint64_t seals = 0;
  std::uint64_t syncs = 0;
  /// Written to the device: values with padding, journal records, zeros ahead of both, checkpoints,
  /// superblocks.
  std::uint64_t bytes_written = 0;
  std::uint64_t value_bytes_written = 0;
  std::uint64_t journal_bytes_written = 0;
  std::uint64_t prepared_bytes_written = 0;
  std::uint64_t checkpoints = 0;
  /// Ended, and what they moved, the one under way included.
  std::uint64_t compactions = 0;
  std::uint64_t blocks_moved = 0;
  std::uint64_t bytes_moved = 0;
  /// By the verification under way: blocks so far, and blocks there were when it began; 0 and 0 if there is none.
  std::uint64_t blocks_verified = 0;
  std::uint64_t blocks_to_verify = 0;
  /// Bytes of records since the current root.
  std::uint64_t journal_bytes = 0;

  std::uint64_t file_bytes = 0;
  /// Of the file: free, held by the writer for what comes next, promised to ops that are not written yet, and kept
  /// free so that deletes, flushes and checkpoints pass on a full disk.
  std::uint64_t free_bytes = 0;
  std::uint64_t leased_bytes = 0;
  std::uint64_t promised_bytes = 0;
  std::uint64_t reserve_bytes = 0;
  /// Superseded bytes that readers or snapshots still hold.
  std::uint64_t pinned_bytes = 0;

  /// Watches there are, and how often one of them has begun to forget changes that were not asked for in time.
  std::uint64_t watches = 0;
  std::uint64_t watch_gaps = 0;

  /// Reads of values that were at hand in the payload cache, and those that were not; what is in it, with its
  /// bookkeeping.
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_entries = 0;
  std::uint64_t cache_bytes = 0;
  /// Blocks looked up by views.
  std::uint64_t view_reads = 0;

  friend bool operator==(const store_status&, const store_status&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, flush_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, status_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, close_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, checkpoint_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, compact_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, verify_request& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, verify_result& x) {
  return f.object(x).fields(f.field("blocks", x.blocks), f.field("chunks", x.chunks),
                            f.field("verified-bytes", x.verified_bytes), f.field("found", x.found),
                            f.field("found-count", x.found_count));
}
template <class Inspector>
bool inspect(Inspector& f, backup_request& x) {
  return f.object(x).fields(f.field("path", x.path));
}
template <class Inspector>
bool inspect(Inspector& f, backup_result& x) {
  return f.object(x).fields(f.field("blocks", x.blocks), f.field("value-bytes", x.value_bytes),
                            f.field("file-bytes", x.file_bytes), f.field("through", x.through),
                            f.field("unreadable", x.unreadable),
                            f.field("unreadable-count", x.unreadable_count));
}
template <class Inspector>
bool inspect(Inspector& f, compact_result& x) {
  return f.object(x).fields(
      f.field("blocks-moved", x.blocks_moved), f.field("bytes-moved", x.bytes_moved),
      f.field("file-bytes-before", x.file_bytes_before),
      f.field("file-bytes-after", x.file_bytes_after), f.field("unreadable", x.unreadable),
      f.field("unreadable-count", x.unreadable_count));
}

template <class Inspector>
bool inspect(Inspector& f, store_status& x) {
  return f.object(x).fields(
      f.field("state", x.state), f.field("cause", x.cause), f.field("path", x.path),
      f.field("uuid", x.uuid), f.field("epoch", x.epoch), f.field("generation", x.generation),
      f.field("blocks", x.blocks), f.field("value-bytes", x.value_bytes),
      f.field("blocks-expiring", x.blocks_expiring), f.field("blocks-expired", x.blocks_expired),
      f.field("last-version", x.last_version), f.field("durable-version", x.durable_version),
      f.field("durable-lsn", x.durable_lsn), f.field("ops-in-flight", x.ops_in_flight),
      f.field("bytes-in-flight", x.bytes_in_flight), f.field("requests-parked", x.requests_parked),
      f.field("ops-accepted", x.ops_accepted), f.field("ops-rejected", x.ops_rejected),
      f.field("batches", x.batches), f.field("batches-closed-by", x.batches_closed_by),
      f.field("groups", x.groups), f.field("seals", x.seals), f.field("syncs", x.syncs),
      f.field("bytes-written", x.bytes_written),
      f.field("value-bytes-written", x.value_bytes_written),
      f.field("journal-bytes-written", x.journal_bytes_written),
      f.field("prepared-bytes-written", x.prepared_bytes_written),
      f.field("checkpoints", x.checkpoints), f.field("compactions", x.compactions),
      f.field("blocks-moved", x.blocks_moved), f.field("bytes-moved", x.bytes_moved),
      f.field("blocks-verified", x.blocks_verified),
      f.field("blocks-to-verify", x.blocks_to_verify), f.field("journal-bytes", x.journal_bytes),
      f.field("file-bytes", x.file_bytes), f.field("free-bytes", x.free_bytes),
      f.field("leased-bytes", x.leased_bytes), f.field("promised-bytes", x.promised_bytes),
      f.field("reserve-bytes", x.reserve_bytes), f.field("pinned-bytes", x.pinned_bytes),
      f.field("watches", x.watches), f.field("watch-gaps", x.watch_gaps),
      f.field("cache-hits", x.cache_hits), f.field("cache-misses", x.cache_misses),
      f.field("cache-entries", x.cache_entries), f.field("cache-bytes", x.cache_bytes),
      f.field("view-reads", x.view_reads));
}

}  // namespace stowage
