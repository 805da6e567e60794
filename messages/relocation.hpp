// The protocol by which maintenance moves blocks: what it asks of the registry.
//
// Contract: a block is moved only if it is still the version that was read; its version and its expiry stay.
// Concurrency: the messages never leave the process.
// Limits: moves take no credit: their sender bounds what it holds.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/type_ids.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace stowage {

class block_ref;
class index_snapshot;
struct batch;
struct pinned_block;

/// Pins these blocks for reading.
struct pin_blocks {
  std::shared_ptr<const std::vector<block_ref>> wanted;
};
struct pinned_blocks {
  /// Those that are still the newest there is of their name.
  std::vector<std::shared_ptr<const pinned_block>> blocks;
};

/// RELOCATE ops with their values, for which `budget` bytes were granted.
struct move_blocks {
  std::shared_ptr<batch> unit;
  std::uint64_t budget = 0;
};
struct blocks_moved {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  /// Others wait for the disk as well.
  bool clients_are_busy = false;
};

/// The state that is durable now.
struct newest_state_request {};
struct newest_state {
  std::shared_ptr<const index_snapshot> state;
  /// What a checkpoint of it takes.
  std::uint64_t checkpoint_bytes = 0;
};

using relocation_registry = caf::typed_actor<
    // closed, poisoned.
    caf::result<pinned_blocks>(pin_blocks),
    // Answered when the moves are durable; blocks that have changed are left out. closed, poisoned, io_error.
    caf::result<blocks_moved>(move_blocks),
    // closed, poisoned.
    caf::result<newest_state>(newest_state_request),
    // See lifecycle.hpp.
    caf::result<void>(checkpoint_request)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::pin_blocks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::pinned_blocks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::move_blocks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::blocks_moved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::newest_state_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::newest_state)
