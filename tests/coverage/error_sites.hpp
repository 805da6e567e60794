// The error branches of a source file: every place that makes a failure or hands one on.
//
// Contract: found are calls of what makes a `failure` (`fail`, `fail_at`, functions that return one, lambdas
// around those), uses of a result's `error()`, results and optional failures that are returned because there
// was no success, and codes that are put into a failure. `unrecognized` says where a code is used in another
// way that is no comparison: such a place would be missing in the table.
// Concurrency: pure functions.
// Limits: reads the style of this tree (`source_text`). A result that a function ends with, good or bad, is no
// branch. Broken invariants are no failures.
#pragma once

#include <stowage/tests/coverage/source_text.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::coverage {

struct error_site {
  /// Relative to the root of the tree.
  std::string file;
  std::string function;
  /// What is wrong, for people: the message, or the condition, or who fails.
  std::string what;
  /// The codes it may answer, as they are spelled; empty where it hands on what it got.
  std::string codes;
  /// The code that runs when it is taken, or the condition that is true then.
  position where;
  bool is_condition = false;
};

struct error_scan {
  std::vector<error_site> sites;
  std::vector<std::string> unrecognized;
};

/// What is known of all files together before one is looked at.
struct failure_names {
  /// Functions that return a `failure`.
  std::set<std::string> makers{"fail", "fail_at"};
  /// Variables that hold a failure or none.
  std::set<std::string> holders;
};

void add_failure_names(const source_text& source, failure_names& names);

[[nodiscard]] error_scan scan_errors(const std::string& file, const source_text& source,
                                     const failure_names& names);

/// The offsets [first, last) of all arguments of `invariant(...)`: what is false there never happens.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> invariant_arguments(
    const source_text& source);

}  // namespace stowage::coverage
