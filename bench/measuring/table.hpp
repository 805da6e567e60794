// A measurement as text.
//
// Contract: medians; columns that nobody has a figure for are left out, and a figure that one has not is "-".
// Concurrency: pure.
#pragma once

#include <stowage/bench/measuring/measurement.hpp>

#include <string>

namespace stowage::bench {

[[nodiscard]] std::string to_table(const measurement& all);

/// Three digits that count, and no exponent.
[[nodiscard]] std::string to_figure(double figure);

}  // namespace stowage::bench
