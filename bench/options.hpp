// What the command line says, for all workloads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace stowage::bench {

struct options {
  std::string directory;
  unsigned rounds = 21;
  std::uint64_t seed = 1;
  /// Share of the ops and blocks that the workloads name: smaller machines, shorter runs.
  double scale = 1;
  /// Those that take part, by name.
  std::vector<std::string> engines;
  /// The largest store of the workload `scale`.
  std::uint64_t blocks_max = 1'000'000;

  /// At least `least`.
  [[nodiscard]] std::uint64_t scaled(std::uint64_t amount, std::uint64_t least = 1) const {
    return std::max(least, static_cast<std::uint64_t>(static_cast<double>(amount) * scale));
  }
};

}  // namespace stowage::bench
