// Medians and quantiles.
//
// Contract: of at least one figure.
// Concurrency: pure.
#pragma once

#include <vector>

namespace stowage::bench {

[[nodiscard]] double median(std::vector<double> figures);

/// The figure that `of` (0 to 1) of them do not exceed; `sorted` is ascending.
[[nodiscard]] double quantile(const std::vector<double>& sorted, double of);

}  // namespace stowage::bench
