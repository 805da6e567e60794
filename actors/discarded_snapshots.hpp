// Snapshots that an actor needs no more, freed between its messages.
//
// Contract: each step frees so little that whoever has to be served by the same thread notices nothing.
// Concurrency: part of one actor, on its thread.
// Limits: what is left when the actor ends goes at once.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/storage/index/snapshot_disposal.hpp>

#include <cstddef>
#include <utility>

namespace stowage {

template <class Actor>
class discarded_snapshots {
 public:
  explicit discarded_snapshots(typename Actor::pointer self) noexcept : self_{self} {}

  void add(index_snapshot unwanted) {
    const bool is_at_work = !disposal_.empty();
    disposal_.add(std::move(unwanted));
    if (!is_at_work) step();
  }

 private:
  /// A thousand blocks at most: 0.1 ms.
  static constexpr std::size_t nodes_per_step = 16;

  void step() {
    if (!disposal_.step(nodes_per_step)) compat::run_on(Actor{self_}, [this] { step(); });
  }

  typename Actor::pointer self_;
  snapshot_disposal disposal_;
};

}  // namespace stowage
