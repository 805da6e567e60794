// A bar for commands that take a while.
//
// Contract: shows at most ten times a second, and only on a terminal.
// Concurrency: one thread.
#pragma once

#include <stowage/cli/console.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace stowage::cli {

class progress {
 public:
  /// `total` items are to come; 0 = nobody knows.
  progress(console& con, std::string verb, std::uint64_t total);

  /// One more item of `bytes` is done, or several with as many together.
  void advance(std::uint64_t bytes, std::uint64_t items = 1);

 private:
  console& con_;
  std::string verb_;
  std::uint64_t total_;
  std::uint64_t items_ = 0;
  std::uint64_t bytes_ = 0;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace stowage::cli
