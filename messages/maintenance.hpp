// The protocol of maintenance: slow tours that yield to clients.
//
// Contract: one checkpoint at a time, in slices, each of which rides along with a group; beside it one
// compaction at a time, in slices, each a group's worth of moved blocks.
// Concurrency: one per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/type_ids.hpp>

#include <memory>

namespace stowage {

struct checkpoint_job;

/// Write a checkpoint of this state.
struct start_checkpoint {
  std::shared_ptr<const checkpoint_job> job;
};

/// maintenance -> itself: the next slice of the checkpoint at hand.
struct next_slice {};

/// Compact the store.
struct start_compaction {
  /// Pages that small values fill by less than this are emptied: 1 to 100.
  std::uint32_t sparse_percent = 50;
  /// So often the file may be cut, each time after all that lies too high has moved.
  std::uint32_t rounds_max = 1;
};

/// maintenance -> itself: the next step of the compaction at hand.
struct compaction_step {};

using maintenance_actor = caf::typed_actor<
    // registry -> maintenance: answered when the root is durable, or why there is none; the store goes
    // on without it.
    caf::result<void>(start_checkpoint), caf::result<void>(next_slice),
    // registry -> maintenance: as compact_request.
    caf::result<compact_result>(start_compaction), caf::result<void>(compaction_step)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::start_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::next_slice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::start_compaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::compaction_step)
