// The protocol of the disk: the one thread that writes and syncs.
//
// Contract: plans are executed in the order they arrive; an answer without error means durable.
// Concurrency: one disk per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/type_ids.hpp>

#include <cstdint>
#include <memory>

namespace stowage {

class write_plan;

struct execute_plan {
  std::shared_ptr<const write_plan> plan;
  /// Then little follows from it, and its one waiter need not wait for another thread.
  bool is_of_one_op = false;
};
struct plan_executed {
  /// How long the device is, durably so.
  std::uint64_t file_bytes = 0;
};

/// Makes the device at least so many bytes long.
struct grow_device {
  std::uint64_t file_bytes = 0;
};

/// Cuts the device to so many bytes, above which nothing is used, step by step: what is asked for meanwhile comes
/// between, and where that is growth, the cut ends there.
struct shrink_device {
  std::uint64_t file_bytes = 0;
};

/// Releases the device and its lock.
struct close_device {};

using disk_actor = caf::typed_actor<
    // writer -> disk. The device's failure, which is final.
    caf::result<plan_executed>(execute_plan),
    // allocator -> disk. no_space, io_error.
    caf::result<void>(grow_device),
    // allocator -> disk. io_error.
    caf::result<void>(shrink_device),
    // registry -> disk, last of all. io_error.
    caf::result<void>(close_device)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::execute_plan)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::plan_executed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::grow_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::shrink_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::close_device)
