// Op to promise: everything that was accepted and is not yet durable, and who waits for it.
//
// Contract: every waiter added hears exactly once: by `settle` when what it waits for is durable, or by
// `fail_all`. Units settle in version order, and waiters in the order they came. The sums are exactly those
// of the units inside.
// Concurrency: owned by the registry; promises are delivered on its thread only.
#pragma once

#include <stowage/messages/relocation.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <cstdint>
#include <deque>
#include <utility>
#include <variant>

namespace stowage {

class pending_replies {
 public:
  /// A promise with the answer it gets once everything accepted before it is durable.
  template <class T>
  struct deferred {
    caf::typed_response_promise<T> promise;
    T answer;
  };
  using flush_promise = caf::typed_response_promise<void>;
  using waiter = std::variant<flush_promise, deferred<receipt>, deferred<put_many_result>,
                              deferred<commit_receipt>, deferred<blocks_moved>>;

  /// What a unit of ops holds until it is durable.
  struct held {
    std::uint64_t ops = 0;
    /// Value bytes of credit.
    std::uint64_t bytes = 0;
    /// Bytes of space budget.
    std::uint64_t budget = 0;
    /// At most so many bytes of checkpoint.
    std::uint64_t entry_bytes = 0;

    held& operator+=(const held& other) noexcept {
      ops += other.ops;
      bytes += other.bytes;
      budget += other.budget;
      entry_bytes += other.entry_bytes;
      return *this;
    }
    held& operator-=(const held& other) noexcept {
      ops -= other.ops;
      bytes -= other.bytes;
      budget -= other.budget;
      entry_bytes -= other.entry_bytes;
      return *this;
    }
  };

  /// A unit of ops was accepted; `last` is the version of its last op.
  void add(version last, const held& holds) {
    invariant(units_.empty() || units_.back().last < last, "versions ascend");
    sum_ += holds;
    units_.push_back({last, holds});
  }

  /// Answered when everything added so far is durable: at once if nothing is pending.
  void add_waiter(waiter w) {
    if (units_.empty())
      succeed(w);
    else
      waiters_.push_back({units_.back().last, std::move(w)});
  }

  /// Everything up to `through` is durable. Returns what those units held.
  held settle(version through) {
    held released;
    while (!units_.empty() && units_.front().last <= through) {
      released += units_.front().holds;
      units_.pop_front();
    }
    while (!waiters_.empty() &&
           (waiters_.front().after <= through || mutant("any-group-answers-all-waiters"))) {
      succeed(waiters_.front().who);
      waiters_.pop_front();
    }
    sum_ -= released;
    return released;
  }

  void fail_all(const caf::error& why) {
    for (auto& w : waiters_) {
      std::visit(
          [&](auto& who) {
            if constexpr (requires { who.promise; })
              who.promise.deliver(why);
            else
              who.deliver(why);
          },
          w.who);
    }
    units_.clear();
    waiters_.clear();
    sum_ = {};
  }

  [[nodiscard]] bool empty() const noexcept { return units_.empty(); }
  [[nodiscard]] const held& sum() const noexcept { return sum_; }

 private:
  struct unit {
    version last;
    held holds;
  };
  struct waiting {
    version after;
    waiter who;
  };

  static void succeed(waiter& w) {
    std::visit(
        [](auto& who) {
          if constexpr (requires { who.promise; })
            who.promise.deliver(std::move(who.answer));
          else
            who.deliver();
        },
        w);
  }

  std::deque<unit> units_;
  std::deque<waiting> waiters_;
  held sum_;
};

}  // namespace stowage
