// The picture of a store's file, as SVG.
//
// Contract: one document that needs nothing else: totals, a legend, the file from its first byte to its last as
// rows of squares, and what its free space and its small values look like. The same map and title give the same
// text.
// Concurrency: a pure function.
// Limits: of a square that has several kinds, only how much of each, not where in it.
#pragma once

#include <stowage/cli/file_map.hpp>

#include <string>
#include <string_view>

namespace stowage::cli {

/// `title` may be any bytes.
[[nodiscard]] std::string draw(const file_map& map, std::string_view title);

}  // namespace stowage::cli
