// What a compaction makes of a store's file, and what a client notices of it.
//
// Contract: each `look` puts some blocks durably, alone and beside a compaction, and then compacts what is left; the
// notes are medians over all of them.
// Concurrency: one thread; it uses a second one.
#pragma once

#include <stowage/bench/measuring/value_source.hpp>
#include <stowage/bench/running_store.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::bench {

class compaction_probe {
 public:
  /// So many puts alone are enough for a 99th percentile.
  explicit compaction_probe(std::uint64_t puts_alone) : puts_alone_{puts_alone} {}

  void look(running_store& store);
  /// None if it has looked at nothing.
  void add_notes(std::vector<std::string>& to) const;

 private:
  /// Latencies in us of durable puts of 4 KiB, one after the other, ascending.
  std::vector<double> time_puts(running_store& store,
                                const std::function<bool(std::uint64_t done)>& go_on);

  std::uint64_t puts_alone_;
  value_source values_{4096, 1};
  std::vector<double> compacted_;
  std::vector<double> seconds_;
  std::vector<double> moved_mb_;
  std::vector<double> puts_during_;
  std::vector<double> p50_ratio_;
  std::vector<double> p99_ratio_;
  std::vector<double> p99_alone_;
  std::vector<double> p99_beside_;
};

}  // namespace stowage::bench
