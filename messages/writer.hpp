// The protocol of the writer: ops in, durable groups out.
//
// Contract: ops become durable in the order they were sent; a unit is never split between groups. The
// first failure is final: `store_failed` goes to the registry and nothing is written afterwards.
// Concurrency: one writer per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace stowage {

struct batch;
struct durable_group;
struct new_root;
class write_plan;

/// A unit of ops that have their versions and their space.
struct write_ops {
  std::shared_ptr<const batch> unit;
  /// Someone waits for it to be durable.
  bool waited = false;
};

/// Close the open batch, if there is one.
struct close_batch {
  /// A `close_cause`.
  std::uint8_t cause = 0;
};

/// Pages of a checkpoint to write along with the next group.
struct write_pages {
  std::shared_ptr<const write_plan> pages;
};

/// A finished checkpoint to name in the next superblock.
struct install_root {
  std::shared_ptr<const new_root> root;
};

/// The lease leaves what lies at or beyond `data_end`; with `file_end`, the journal leaves what lies at or beyond
/// that, and no superblock asks for more of the file than `data_end` from now on.
struct vacate {
  std::uint64_t data_end = 0;
  std::optional<std::uint64_t> file_end;
};

/// The file has the length it is to have; superblocks go by it again.
struct length_settled {};

/// Makes everything sent before durable, then marks the store clean.
struct drain_writer {};

/// A group is durable.
struct group_durable {
  std::shared_ptr<const durable_group> group;
};

/// A SEAL is durable: a group without ops, so only the journal is further than it was.
struct seal_durable {
  std::shared_ptr<const durable_group> group;
};

/// A checkpoint's root is durable: `journal_bytes` have been written since it.
struct root_installed {
  std::uint64_t journal_bytes = 0;
};

/// The journal lives on the reserve of space: only checkpoints give areas back.
struct journal_short {
  /// A group waits for an area; without one nothing becomes durable any more.
  bool blocked = false;
};

/// Everything that had been sent when this was sent has arrived.
struct ops_settled {};

/// Nothing will become durable any more.
struct store_failed {
  failure why;
};

/// What the registry hears from the writer, and from the runtime about actors that died.
using commit_listener =
    caf::typed_actor<caf::result<void>(group_durable), caf::result<void>(seal_durable),
                     caf::result<void>(root_installed), caf::result<void>(journal_short),
                     caf::result<void>(store_failed)>;

using writer_actor = caf::typed_actor<
    // registry -> writer.
    caf::result<void>(write_ops), caf::result<void>(close_batch),
    // maintenance -> writer: answered when durable. The first failure, closed.
    caf::result<void>(write_pages), caf::result<void>(install_root),
    // maintenance -> writer: answered when it is so, durably, and every group that took space before is
    // published. no_space: clients have taken what lay below. The first failure, closed.
    caf::result<void>(vacate),
    // maintenance -> writer.
    caf::result<void>(length_settled),
    // registry -> writer: answered when all is durable and the store marked clean. The first failure.
    caf::result<void>(drain_writer),
    // runtime -> writer: an actor it needs is gone. registry -> writer: no checkpoint gives the journal
    // the space it waits for.
    caf::result<void>(store_failed),
    // registry -> writer: fills in the counters of batches, groups and bytes.
    caf::result<store_status>(status_request),
    // writer -> itself.
    caf::result<void>(ops_settled)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::write_ops)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::close_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::write_pages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::install_root)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::vacate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::length_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::drain_writer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::group_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::root_installed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::seal_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::journal_short)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::ops_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::store_failed)
