// What the store's actors hand to each other by pointer: the bodies of their messages.
//
// Contract: immutable once sent, except the `batch` of moves on its way to the registry, a `backup_job` and a `verify_job`,
// which belong to whoever received them last.
// Concurrency: shared between threads because nobody changes them.
#pragma once

#include <stowage/messages/lifecycle.hpp>
#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/index/block.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/metadata_check.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/storage/space/retirement.hpp>
#include <stowage/storage/store_file_copy.hpp>

#include <cstdint>
#include <vector>

namespace stowage {

/// A group that is on the disk.
struct durable_group {
  std::vector<committed_op> ops;
  /// Every op up to this version is durable, those of the group that a later one made moot included.
  version through;
  /// Bytes of the lease its values took: whole pages.
  std::uint64_t spent = 0;
  /// The journal right after its record.
  journal_position after;
  /// Journal bytes written up to there, ever.
  std::uint64_t journal_total = 0;
};

/// A block to read, and what keeps its extents from being reused meanwhile.
struct pinned_block {
  block_ref what;
  pin held;
};

/// A state to write a checkpoint of.
struct checkpoint_job {
  index_snapshot state;
  journal_position at;
  std::uint64_t journal_total = 0;
};

/// A state on its way into a file of its own.
struct backup_job {
  store_file_copy copy;
  index_snapshot state;
  /// Keeps the extents of the state from being reused.
  pin held;
  /// The copy gives no version up to this one.
  version floor;
  backup_result result;
};

/// A verification under way.
struct verify_job {
  metadata_check metadata;
  /// To be verified next; empty while the metadata is.
  std::vector<block_ref> blocks;
  /// Keeps the extents of `blocks` from being reused.
  pin held;
  verify_result result;
};

/// A checkpoint whose pages are durable.
struct new_root {
  root named;
  checkpoint_extents pages;
  std::uint64_t journal_total = 0;
};

}  // namespace stowage
