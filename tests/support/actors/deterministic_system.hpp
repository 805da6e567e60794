// An actor system without threads and with a clock of its own: nothing happens unless the test says so.
//
// Contract: messages are handled one at a time, in an order that depends on nothing but what was sent;
// timers go off when `advance` passes them. No call ever waits. An actor may be stepped from inside a
// callback of another one (which is "meanwhile").
// Concurrency: one thread. Actors must not be spawned detached.
// Limits: actors that are still alive when the system goes down make it hang: stop them first.
#pragma once

#include <stowage/messages/caf_compat.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/typed_message_view.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

#if CAF_MAJOR_VERSION >= 1
#include <caf/test/context.hpp>
#include <caf/test/fixture/deterministic.hpp>
#include <caf/test/reporter.hpp>
#include <caf/test/runnable.hpp>
#else
#include <caf/scheduler/test_coordinator.hpp>
#endif

namespace stowage::test {

#if CAF_MAJOR_VERSION >= 1

namespace detail {

/// What CAF's fixture insists on outside CAF's own test programs: a reporter and a current test.
class caf_test_surroundings {
 public:
  caf_test_surroundings() { caf::test::reporter::instance(reporter_.get()); }
  caf_test_surroundings(const caf_test_surroundings&) = delete;
  caf_test_surroundings& operator=(const caf_test_surroundings&) = delete;
  ~caf_test_surroundings() { caf::test::reporter::instance(nullptr); }

 private:
  class no_test final : public caf::test::runnable {
   public:
    no_test()
        : runnable{std::make_shared<caf::test::context>(), "boost", caf::test::block_type::test} {}
    void do_run() {}
    void run_next_test_branch_impl() {}
  };

  std::unique_ptr<caf::test::reporter> reporter_ = caf::test::reporter::make_default();
  no_test test_;
};

class caf_driver {
 public:
  caf::actor_system& system() noexcept { return fixture_.sys; }
  bool step() { return fixture_.dispatch_message(); }
  // CAF's fixture has no way to reorder what it dispatches: here every seed has the same order.
  void choose(std::uint64_t /*chosen*/) {}
  void advance(caf::timespan by) { fixture_.advance_time(by); }
  std::size_t running_actors() { return fixture_.sys.registry().running(); }

 private:
  caf_test_surroundings surroundings_;
  caf::test::fixture::deterministic fixture_;
};

}  // namespace detail

#else

namespace detail {

class caf_driver {
 public:
  caf::actor_system& system() noexcept { return system_; }
  bool step() { return scheduler().try_run_once(); }
  /// The actor that is number `chosen`, modulo all that have messages, is the next to run.
  void choose(std::uint64_t chosen) {
    auto& jobs = scheduler().jobs;
    if (jobs.size() < 2) return;
    const auto at = jobs.begin() + static_cast<std::ptrdiff_t>(chosen % jobs.size());
    std::rotate(jobs.begin(), at, at + 1);
  }
  void advance(caf::timespan by) { scheduler().advance_time(by); }
  std::size_t running_actors() { return system_.registry().running(); }

 private:
  struct config : caf::actor_system_config {
    config() { set("caf.scheduler.policy", "testing"); }
  };

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  config config_;
  caf::actor_system system_{config_};
};

}  // namespace detail

#endif

class deterministic_system {
 public:
  [[nodiscard]] caf::actor_system& system() noexcept { return driver_.system(); }

  /// From now on the actor that handles a message next is chosen by the seed, and not the one that has waited
  /// longest. Each actor still handles its messages in order.
  void shuffle(std::uint64_t seed) { order_.emplace(seed); }

  /// Lets one actor handle one message. False if nobody has any.
  bool step() {
    if (order_) driver_.choose((*order_)());
    return driver_.step();
  }

  /// Until nobody has anything to do at this moment.
  void run() {
    while (step()) {
    }
  }

  /// At most so many messages; answers how many there were.
  std::size_t run_steps(std::size_t count) {
    std::size_t done = 0;
    while (done < count && step()) ++done;
    return done;
  }

  /// Lets time pass, then everybody do what they now have to.
  void advance(std::chrono::nanoseconds by) {
    driver_.advance(by);
    run();
  }

  [[nodiscard]] std::size_t running_actors() { return driver_.running_actors(); }

  /// The message that is next in the actor's mailbox, if it is a `T`.
  template <class T, class Handle>
  [[nodiscard]] static std::optional<T> next_message(const Handle& to) {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(to);
    auto* element = actor->peek_at_next_mailbox_element();
    if (element == nullptr) return std::nullopt;
    if (auto view = caf::make_const_typed_message_view<T>(element->payload)) return get<0>(view);
    return std::nullopt;
  }

 private:
  detail::caf_driver driver_;
  std::optional<std::mt19937_64> order_;
};

}  // namespace stowage::test
