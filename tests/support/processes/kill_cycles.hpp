// kill -9 torture of one store: lives of a program that works on it, each ended at a moment of its own.
//
// Contract: clients in a process of their own (`crash-driver`) say on a pipe what they ask and what they
// hear. After each life, what is recovered has to be a state of that history no older than the last durable
// answer, with every transaction whole and no value that nobody wrote; no version is ever given again; the
// next life opens with exactly that state; `stowage verify` finds nothing. What is asked, and which moment
// ends a life, follow from the seed.
// Concurrency: one thread; runs in directories of their own may go side by side.
// Limits: a kill loses no byte the system has taken: lost and torn writes are the simulation's. A moment is
// an event that was seen, so the same seed ends lives nearly, not exactly, at the same place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::test {

struct kill_options {
  /// The programs.
  std::string driver;
  std::string stowage;
  /// Empty, and the run's own.
  std::string directory;
  std::uint64_t seed = 1;
  std::uint64_t cycles = 10;
  std::uint64_t clients = 4;
  /// Called with the store's path and the number of lives, when one is over and not yet looked at: to see
  /// that what is wrong is found.
  std::function<void(const std::string&, std::uint64_t)> meddle;
};

struct kill_report {
  std::uint64_t lives = 0;
  /// By what the program was at.
  std::uint64_t killed_opening = 0;
  std::uint64_t killed_working = 0;
  std::uint64_t killed_compacting = 0;
  std::uint64_t killed_closing = 0;
  std::uint64_t closed = 0;
  std::uint64_t events = 0;
  std::uint64_t writes = 0;
  std::uint64_t durable_writes = 0;
  std::uint64_t reads = 0;
  std::uint64_t compactions = 0;
  /// Beside those that open and close a store: of checkpoints, most of them.
  std::uint64_t superblocks = 0;
  std::uint64_t dropped_tails = 0;
  /// Empty, or the rules that were broken, with the life they were broken in. The first such life is the
  /// last, its events are in `events` in the directory.
  std::vector<std::string> violations;

  kill_report& operator+=(const kill_report& other);
};

[[nodiscard]] kill_report run_kill_cycles(const kill_options& how);

/// For people.
[[nodiscard]] std::string summary_of(const kill_report& said);

}  // namespace stowage::test
