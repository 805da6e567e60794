// The disk: executes write plans. The one thread that writes and syncs.
//
// Contract: see messages/disk.hpp. The device is latched: after its first failure nothing is written. Tells how long
// syncs take, and what failed.
// Concurrency: spawned detached in production, because it blocks.
#pragma once

#include <stowage/actors/metered_device.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <memory>

namespace stowage {

class disk_state {
 public:
  static inline const char* name = "stowage.disk";

  enum class thread : bool { shared, its_own };

  /// `runs_on` says whether the actor is detached.
  disk_state(disk_actor::pointer self, std::shared_ptr<block_device> device, thread runs_on,
             const disk_metrics& metrics);
  disk_actor::behavior_type make_behavior();

 private:
  metered_device device_;
  thread runs_on_;
};

using disk_impl = disk_actor::stateful_impl<disk_state>;

}  // namespace stowage
