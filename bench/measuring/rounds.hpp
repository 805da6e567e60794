// Rounds in which engines take turns.
//
// Contract: in each round everyone does the same work, another one first each time; one round more than is counted
// warms up. Between turns the process becomes idle. CPU time and mallocs are counted until then: what an engine puts
// off is on its account; the figure ends with the work itself.
// Concurrency: one thread; an engine may use its own.
#pragma once

#include <stowage/bench/measuring/measurement.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::bench {

/// One engine's part in a workload.
struct participant {
  std::string name;
  /// How it is configured and driven; asked after the round that warms up, before its `check`.
  std::function<std::string()> shape;
  role what = role::ours;
  /// Before and after each round, not measured; may be empty.
  std::function<void(unsigned round)> prepare;
  std::function<void(unsigned round)> check;
  /// Does the work of a round.
  std::function<void(unsigned round)> run;
  /// Figures of the round that has just run; may be empty. Asked after `check`.
  std::function<named_figures()> also;
  /// Messages that were handled so far; may be empty.
  std::function<std::uint64_t()> messages;
};

/// Round 0 warms up and is not counted.
[[nodiscard]] measurement measure(const workload& what, const std::vector<participant>& who,
                                  unsigned rounds);

}  // namespace stowage::bench
