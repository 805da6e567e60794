// Numbers below `count`, some far more often than others: Zipf's law with the exponent 0.99, as YCSB has it.
//
// Contract: the number of rank k comes about k^0.99 times as seldom as that of rank 1. Ranks are spread over the
// numbers, so that the frequent ones are no neighbours. The same random numbers give the same answers.
// Source: Gray et al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994.
// Concurrency: immutable.
#pragma once

#include <cstdint>

namespace stowage::bench {

class zipf {
 public:
  /// At least 2.
  explicit zipf(std::uint64_t count);

  /// `uniform` in [0, 1).
  [[nodiscard]] std::uint64_t operator()(double uniform) const;

 private:
  std::uint64_t count_;
  double zeta_ = 0;
  double eta_ = 0;
};

}  // namespace stowage::bench
