// Op to promise: everything that was accepted and is not yet durable, and who waits for it.
//
// Contract: every promise added is delivered exactly once: by `settle` when its ops are durable, or by
// `fail_all`. Ops settle in version order. The sums are exactly those of the ops inside.
// Concurrency: owned by the registry; promises are delivered on its thread only.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace stowage {

class pending_replies {
 public:
  using write_promise = caf::typed_response_promise<receipt>;
  using flush_promise = caf::typed_response_promise<void>;

  /// What one op holds until it is durable.
  struct held {
    std::uint64_t ops = 0;
    /// Value bytes of credit.
    std::uint64_t bytes = 0;
    /// Bytes of space budget.
    std::uint64_t budget = 0;

    held& operator+=(const held& other) noexcept {
      ops += other.ops;
      bytes += other.bytes;
      budget += other.budget;
      return *this;
    }
  };

  /// An op was accepted; `waiter` wants to hear when it is durable.
  void add(version ver, const held& holds, std::optional<write_promise> waiter) {
    invariant(writes_.empty() || writes_.back().ver < ver, "versions ascend");
    sum_ += holds;
    writes_.push_back({ver, holds, std::move(waiter)});
  }

  /// Answered when everything added so far is durable: at once if nothing is pending.
  void add_flush(flush_promise waiter) {
    if (writes_.empty())
      waiter.deliver();
    else
      flushes_.push_back({writes_.back().ver, std::move(waiter)});
  }

  /// Everything up to `through` is durable. Returns what those ops held.
  held settle(version through) {
    held released;
    while (!writes_.empty() && writes_.front().ver <= through) {
      auto& w = writes_.front();
      released += w.holds;
      if (w.waiter) w.waiter->deliver(receipt{w.ver, durability::durable});
      writes_.pop_front();
    }
    while (!flushes_.empty() && flushes_.front().after <= through) {
      flushes_.front().waiter.deliver();
      flushes_.pop_front();
    }
    sum_.ops -= released.ops;
    sum_.bytes -= released.bytes;
    sum_.budget -= released.budget;
    return released;
  }

  void fail_all(const caf::error& why) {
    for (auto& w : writes_)
      if (w.waiter) w.waiter->deliver(why);
    for (auto& f : flushes_) f.waiter.deliver(why);
    writes_.clear();
    flushes_.clear();
    sum_ = {};
  }

  [[nodiscard]] bool empty() const noexcept { return writes_.empty(); }
  [[nodiscard]] const held& sum() const noexcept { return sum_; }

 private:
  struct write {
    version ver;
    held holds;
    std::optional<write_promise> waiter;
  };
  struct flush {
    version after;
    flush_promise waiter;
  };

  std::deque<write> writes_;
  std::deque<flush> flushes_;
  held sum_;
};

}  // namespace stowage
