// Who may include what, as a table, and the check of one file against it.
//
// Contract: `violations` answers a sentence for each include line that the table does not allow, and
// for each use of a clock, of real chance or of a mapped file in storage/. A folder that is not in the table is a
// violation too, so a new layer has to state its rules.
// Concurrency: pure functions.
// Limits: reads lines, not C++: an include inside `#if 0` or a block comment counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::architecture {

struct include_line {
  std::size_t number = 0;
  std::string target;   // what stands between the quotes or angle brackets
  bool quoted = false;  // "..." is looked up beside the including file
};

[[nodiscard]] std::vector<include_line> parse_includes(std::string_view text);

/// `file` is relative to the root of the tree, with `/`.
[[nodiscard]] std::vector<std::string> violations(std::string_view file, std::string_view text);

}  // namespace stowage::architecture
