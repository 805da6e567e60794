// What a test of actors begins with: a system without threads, a clock of its own, and ways to ask.
//
// Contract: nothing happens but in `run`, `run_steps` and `advance`. Actors that were spawned with `spawn` belong to the
// test: they are killed when the fixture ends, and by what a crash of their process is in a `store_fixture`. Whatever
// else is still alive at the end fails the test.
// Concurrency: one thread.
// Limits: actors must not be spawned detached. Answers must not outlive the fixture.
#pragma once

#include <stowage/testkit/answer.hpp>
#include <stowage/testkit/deterministic_system.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace stowage::testkit {

class actor_fixture {
 protected:
  deterministic_system det;

 public:
  actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;
  ~actor_fixture();

  /// Actors that are spawned here live as long as they want to, as clients in another process would.
  caf::actor_system& sys;

  /// Spawns an actor of a class or of a function, as `sys.spawn` does.
  template <class C, class... Ts>
  auto spawn(Ts&&... xs)
      -> decltype(std::declval<caf::actor_system&>().template spawn<C>(std::forward<Ts>(xs)...)) {
    auto one = sys.spawn<C>(std::forward<Ts>(xs)...);
    adopt(caf::actor_cast<caf::actor>(one));
    return one;
  }
  template <class F, class... Ts>
  auto spawn(F does, Ts&&... xs)
      -> decltype(std::declval<caf::actor_system&>().spawn(std::move(does),
                                                           std::forward<Ts>(xs)...)) {
    auto one = sys.spawn(std::move(does), std::forward<Ts>(xs)...);
    adopt(caf::actor_cast<caf::actor>(one));
    return one;
  }
  /// Why an actor that was spawned here has ended: an empty error for an ordinary end, nothing while it lives.
  template <class Handle>
  [[nodiscard]] std::optional<caf::error> end_of(const Handle& one) const {
    return end_of_address(caf::actor_cast<caf::actor_addr>(one));
  }

  /// Sends the message as a client of its own. `T` is what a success brings: `ask<receipt>(store(), put_request{...})`.
  template <class T, class Handle, class... Ts>
  [[nodiscard]] answer<T> ask(const Handle& whom, Ts&&... message) {
    return ask_actor<T>(sys, clients_, whom, std::forward<Ts>(message)...);
  }

  /// Until nobody has anything to do at this moment.
  void run() { det.run(); }
  /// At most so many messages; answers how many there were.
  std::size_t run_steps(std::size_t count) { return det.run_steps(count); }
  /// Time passes on all clocks, from one timer to the next, and everybody does what they then have to.
  void advance(std::chrono::nanoseconds by);
  /// From now on it is chance, by the seed, who handles a message next.
  void shuffle(std::uint64_t seed) { det.shuffle(seed); }

  /// What the wall clock says, by which blocks expire; it begins at the same time in each test.
  [[nodiscard]] std::uint64_t wall_ms() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(wall_).count());
  }
  [[nodiscard]] std::function<std::uint64_t()> wall_clock() const {
    return [this] { return wall_ms(); };
  }

 protected:
  void kill_own_actors();
  /// They end when the system runs.
  void send_kills();

  std::chrono::nanoseconds wall_ = std::chrono::seconds{1'800'000'000};
  /// How many answers are still waited for; each is an actor.
  std::shared_ptr<std::size_t> clients_ = std::make_shared<std::size_t>(0);

 private:
  struct own_actor;

  void adopt(const caf::actor& one);
  [[nodiscard]] std::optional<caf::error> end_of_address(const caf::actor_addr& one) const;

  std::vector<std::shared_ptr<own_actor>> own_;
};

}  // namespace stowage::testkit
