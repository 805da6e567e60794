// An actor system without threads and with a clock of its own: nothing happens unless the test says so.
//
// Contract: messages are handled one at a time, in an order that depends on nothing but what was sent;
// timers go off when time passes them. No call ever waits. An actor may be stepped from inside a
// callback of another one (which is "meanwhile"). The messages of a store are known to CAF once there was a system,
// and those of `with_message_types` as well.
// Concurrency: one thread. Actors must not be spawned detached.
// Limits: actors that are still alive when the system goes down would keep it up for ever: it is left behind, and
// complained of. With CAF 1.x `shuffle` changes nothing.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/testkit/complaint.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>

namespace stowage::testkit {

class deterministic_system {
 public:
  deterministic_system();
  deterministic_system(const deterministic_system&) = delete;
  deterministic_system& operator=(const deterministic_system&) = delete;
  ~deterministic_system();

  [[nodiscard]] caf::actor_system& system() noexcept;

  /// From now on the actor that handles a message next is chosen by the seed, and not the one that has waited
  /// longest. Each actor still handles its messages in order.
  void shuffle(std::uint64_t seed) { order_.emplace(seed); }

  /// Lets one actor handle one message. False if nobody has any, or the system stands still.
  bool step();

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

  /// Lets time pass in one piece, then everybody do what they now have to.
  void advance(std::chrono::nanoseconds by);

  /// The same from one timer to the next, so that one which is set again and again goes off as often as it should.
  /// `passed` hears of each piece before it passes.
  void advance_by_timers(std::chrono::nanoseconds by,
                         const std::function<void(std::chrono::nanoseconds)>& passed);

  /// All timers go off for which anybody may still wait: what they hold is not let go before. For when all actors have
  /// ended.
  void let_timers_go();

  /// Nobody does anything and no time passes until `go_on`: what a power loss does to a process.
  void stand_still() noexcept { stands_still_ = true; }
  void go_on() noexcept { stands_still_ = false; }

  [[nodiscard]] std::size_t running_actors();

 private:
  class driver;

  std::unique_ptr<driver> driver_;
  std::optional<std::mt19937_64> order_;
  bool stands_still_ = false;
};

/// Makes more messages known to CAF before the first system begins; for `with_message_types`.
void register_before_first_system(void (*how)());

/// At namespace scope, the messages of an application:
///   const stowage::testkit::with_message_types<caf::id_block::my_app> my_messages;
template <class... IdBlocks>
class with_message_types {
 public:
  with_message_types() {
    (register_before_first_system(&caf::init_global_meta_objects<IdBlocks>), ...);
  }
};

}  // namespace stowage::testkit
