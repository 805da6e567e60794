// What workloads share: values, rounds in which engines take turns, and the table of their figures.
//
// Contract: in each round every engine does the same work, another one first each time; one round more than
// is counted warms up. What counts is the median of the ratios within a round, because machines are shared.
// Concurrency: one thread; an engine may use its own.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::bench {

struct options {
  std::string directory;
  unsigned rounds = 21;
  std::uint64_t seed = 1;
  /// Share of the ops that the workload names: smaller machines, shorter runs.
  double scale = 1;
};

/// Incompressible bytes of which any slice is a value: no two of a run are alike.
class value_source {
 public:
  value_source(std::size_t value_bytes, std::uint64_t seed);
  /// The value of number `n`; another for each n below 2^20.
  [[nodiscard]] shared_bytes value(std::uint64_t n) const;

 private:
  std::size_t value_bytes_;
  shared_bytes pool_;
};

/// One engine's part in a workload.
struct participant {
  std::string name;
  /// How it is configured and driven.
  std::string shape;
  /// Before and after each round, not measured; may be empty.
  std::function<void(unsigned round)> prepare;
  std::function<void(unsigned round)> check;
  /// Does the work of a round.
  std::function<void(unsigned round)> run;
};

struct workload {
  std::string title;
  /// Of the figure: work per second, in this unit.
  std::string unit;
  /// What one round does, in units.
  double amount = 0;
  /// Ops of one round, for the CPU time per op.
  double ops = 0;
};

/// The first participant is what the others are compared with.
void measure(const workload& what, const std::vector<participant>& who, unsigned rounds);

[[nodiscard]] double median(std::vector<double> figures);

}  // namespace stowage::bench
