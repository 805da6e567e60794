// A store's whole life under chance: real actors in a random order, random clients, a device that fails,
// crashes, and several lives of one file.
//
// Contract: everything follows from the options: the same options give the same trace, hashed over each
// operation of the device with its bytes and each answer. In each life the recorded history has to be
// linearizable, every request is answered once, and what the next life recovers is a state of that history no
// older than the last durable write (I3, I4). No actor of the store ends by an exception, and the store does not
// fail unless its device has. `step` is a bound for all lives together; where it ends a run in
// the middle of a life, that life ends by power loss.
// Concurrency: one thread; one simulation at a time.
// Limits: the orders are those of messages between actors. With CAF 1.x they are the same for every seed.
#pragma once

#include <stowage/tests/support/actors/random_clients.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::test {

struct simulation_options {
  std::uint64_t seed = 1;
  /// What clients and actors do, in rounds of a request, some messages and perhaps some time.
  std::uint64_t steps_max = 2000;
  std::uint64_t lives_max = 5;
  request_mix mix;
  /// Calls of the device that fail, and a device that fills up.
  bool failures = true;
  /// Called at the beginning of each step; what it does to the store is not forgiven.
  std::function<void(store_fixture&)> before_step = {};
};

struct simulation_report {
  std::uint64_t trace_hash = 0;
  std::uint64_t lives = 0;
  std::uint64_t steps = 0;
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t failed_devices = 0;
  std::uint64_t crashed_recoveries = 0;
  std::uint64_t compactions = 0;
  std::uint64_t verifications = 0;
  std::uint64_t clears = 0;
  /// By the watch of each life.
  std::uint64_t changes_told = 0;
  /// Removed in lives that ended by a close.
  std::uint64_t blocks_expired = 0;
  /// Compactions that made the file shorter.
  std::uint64_t cuts = 0;
  /// Empty, or the rules that were broken, with the life they were broken in.
  std::vector<std::string> violations;
};

[[nodiscard]] simulation_report simulate(const simulation_options& how);

}  // namespace stowage::test
