// A chart of lines, as SVG.
//
// Contract: axes begin and end at round numbers (powers of ten where they are logarithmic) around all points; points
// with a coordinate that a logarithmic axis does not have are left out. The text is valid XML whatever the names are.
// Concurrency: pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stowage::bench {

struct axis {
  std::string title;
  bool is_logarithmic = false;
};

struct line {
  std::string name;
  /// Ascending by the first.
  std::vector<std::pair<double, double>> points;
};

struct chart {
  /// Of its file, without `.svg`.
  std::string file_name;
  std::string title;
  axis x;
  axis y;
  std::vector<line> lines;
  /// Whether points are marked: for few of them.
  bool has_marks = true;
};

[[nodiscard]] std::string to_svg(const chart& what);

/// Of ascending figures: which share of them is not larger, at 200 places at most. Each place is the first with its
/// share, and the last one is 1.
[[nodiscard]] std::vector<std::pair<double, double>> distribution(
    const std::vector<double>& sorted);

}  // namespace stowage::bench
