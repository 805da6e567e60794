// The protocol of maintenance: slow tours that yield to clients.
//
// Contract: one checkpoint at a time, in slices, each of which rides along with a group.
// Concurrency: one per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
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

using maintenance_actor = caf::typed_actor<
    // registry -> maintenance: answered when the root is durable, or why there is none; the store goes
    // on without it.
    caf::result<void>(start_checkpoint), caf::result<void>(next_slice)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::start_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::next_slice)
