// What ran how often: the counts that `llvm-cov export` gives for the sources of storage/.
//
// Contract: a count belongs to a place in the source; where a template was made into several functions, their
// counts are added up. Not counted as branches: arguments of `invariant`, what the compiler decides (`if
// constexpr`, mutants) or writes itself (defaulted comparisons, the default that a switch does not have).
// Concurrency: a plain value.
// Limits: a branch is one outcome of one condition of the source; that only an exception would take a way is not
// seen.
#pragma once

#include <stowage/tests/coverage/error_sites.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::coverage {

struct branch_count {
  position first;
  position last;
  std::uint64_t taken_true = 0;
  std::uint64_t taken_false = 0;
};

struct file_counts {
  std::vector<branch_count> branches;
  /// What runs from each place on, in the order of places.
  std::map<position, std::uint64_t> runs;
};

/// From the output of `llvm-cov export`; files outside storage/ are left out.
[[nodiscard]] std::map<std::string, file_counts> parse_counts(
    std::string_view json, const std::filesystem::path& root,
    const std::map<std::string, source_text>& sources);

/// Adds the branches of another program, of which inline functions may be others.
void add_branches(std::map<std::string, file_counts>& sum,
                  const std::map<std::string, file_counts>& more);

/// How often the error branch was taken.
[[nodiscard]] std::uint64_t times_taken(const error_site& site, const file_counts& counts);

}  // namespace stowage::coverage
