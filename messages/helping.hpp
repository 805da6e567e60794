// A thread that waits for a store does itself what the store's actors have to do.
//
// Contract: an actor of those that the thread helps runs on it when it is to run because of what was sent in the helper's
// context, and so do those that it makes run, the last one first; every other actor, and what is left when it is over or
// the thread begins to help anew, the workers of the system resume. An actor still runs on one thread at a time, and sees its messages in their order.
// Saves the wake-up of a worker, and the one back (docs/decisions/0022-who-waits-helps.md).
// Concurrency: each thread helps for itself, in one system at a time.
// Limits: an actor is resumed for at most 64 messages at a time, then the workers go on with it. What an actor does while it
// is helped must not wait for the others that are: nobody runs them meanwhile.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/storage/core/export.hpp>

#include <array>
#include <cstddef>

namespace STOWAGE_EXPORT stowage {

class helping {
 public:
  /// Whom: those between a group and the next one on the disk, or all whom a request passes.
  enum class whom : bool { disk_and_writer, all };

  /// The context for what helping threads send: outlives every actor, which may remember who ran it last. Where the thread
  /// does not help, the workers resume what it makes run.
  [[nodiscard]] static compat::executor& context_in(caf::actor_system& system);

  /// From here on until it is destroyed, this thread helps in the system of `context`. Something must keep the system
  /// alive for that long, as a scoped actor of the thread does.
  explicit helping(compat::executor& context, whom helped = whom::all);
  helping(const helping&) = delete;
  helping& operator=(const helping&) = delete;
  /// What was not run goes to the workers.
  ~helping();

  /// Runs what there is to run, until there is none, or `is_over()`, asked before each actor.
  template <class IsOver>
  void run_until(IsOver is_over) {
    while (count_ > 0 && !is_over()) run_last();
  }

 private:
  class executor;

  void run_last();
  void leave_all();

  executor& context_;
  whom helped_;
  helping* outer_;
  /// Several stores may be about; four actors of each.
  std::array<caf::resumable*, 8> runnable_{};
  std::size_t count_ = 0;
};

}  // namespace stowage
