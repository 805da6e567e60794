// The disk: executes write plans. The one thread that writes and syncs.
//
// Contract: see messages/disk.hpp. The device is latched: after its first failure nothing is written. Tells how long
// syncs take, and what failed.
// Concurrency: in production the device's calls are made by a thread of its own, because they block. What follows from
// them it does as well, as long as the device is not wanted for more (docs/decisions/0022-who-waits-helps.md).
#pragma once

#include <stowage/actors/device_thread.hpp>
#include <stowage/actors/metered_device.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/messages/helping.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <variant>

namespace stowage {

class disk_state {
 public:
  static inline const char* name = "stowage.disk";

  enum class thread : bool { shared, its_own };

  /// `runs_on` says who calls the device: the actor, or a thread of its own.
  disk_state(disk_actor::pointer self, std::shared_ptr<block_device> device, thread runs_on,
             const disk_metrics& metrics);
  disk_actor::behavior_type make_behavior();

 private:
  /// Calls `work` where the device is called, and then `done` with its result on the actor.
  template <class T, class Work, class Done>
  void call(Work work, Done done, helping::whom helped = helping::whom::disk_and_writer);
  template <class T, class Work>
  caf::result<T> answer(Work work, helping::whom helped = helping::whom::disk_and_writer);

  void shrink();
  [[nodiscard]] result<bool> shrink_once();

  using promised =
      std::variant<caf::typed_response_promise<plan_executed>, caf::typed_response_promise<void>>;

  struct messenger;

  disk_actor::pointer self_;
  metered_device device_;
  /// Of what the thread has been given, in that order.
  std::deque<promised> answers_;
  std::optional<caf::typed_response_promise<void>> shrinking_;
  /// How long the device is to be, until it is. Belongs to whoever calls the device.
  std::optional<std::uint64_t> shrink_to_;
  /// Sends for the thread, which owns it.
  messenger* messenger_ = nullptr;
  /// Ends before the device does.
  std::optional<device_thread> thread_;
};

using disk_impl = disk_actor::stateful_impl<disk_state>;

}  // namespace stowage
