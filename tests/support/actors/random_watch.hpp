// A client of the simulation that watches: now and then it asks, now and then it does not care for long.
//
// Contract: what it was told is held against a history: versions ascend, each change was written, and what was not told
// lies in a gap or was written again later. What was told is durable: `mark_durable` says so in the history, and its
// rules for recovery see to it.
// Concurrency: one thread.
// Limits: one watch in each life of a store. That a change is missing is seen where something later was told.
#pragma once

#include <stowage/tests/support/actors/watching_actor.hpp>
#include <stowage/tests/support/history.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace stowage::test {

class random_watch {
 public:
  random_watch(store_fixture& store, std::uint64_t seed) : f_{store}, random_{seed} {}

  /// The store has opened, and nobody has written yet.
  void begin_life();
  /// Asks, or takes what it is answered.
  void step();
  /// Takes what has come, and lets go of the store.
  void end_life();

  /// Writes of the life, as taken as they are told.
  void mark_durable(history& life) const;
  /// The rules that were broken in the life that ended, one line each.
  [[nodiscard]] std::vector<std::string> broken_rules(const history& life) const;

  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

 private:
  void take();
  [[nodiscard]] bool is_told(version ver) const;
  [[nodiscard]] bool is_in_gap(version ver) const;

  store_fixture& f_;
  std::mt19937_64 random_;
  std::unique_ptr<watching_actor> actor_;
  std::optional<answer<watch_started>> starts_;
  std::optional<answer<change_batch>> asked_;
  std::string prefix_;
  std::uint64_t watch_ = 0;
  std::uint64_t rests_for_ = 0;

  // Of one life.
  version from_;
  version through_;
  std::vector<block_change> told_;
  std::vector<change_gap> forgotten_;
  std::vector<std::string> broken_;

  std::uint64_t changes_ = 0;
};

}  // namespace stowage::test
