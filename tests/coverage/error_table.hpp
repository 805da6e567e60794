// docs/error-branches.md: each error branch of storage/ and the test that takes it.
//
// Contract: `parse_table` gives back what `to_markdown` was given. `complaints` is empty exactly if the rows are
// the error branches there are, in their order, each with a test that exists.
// Concurrency: pure functions.
// Limits: that the test does take the branch is what `scripts/coverage` measures.
#pragma once

#include <stowage/tests/coverage/error_sites.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::coverage {

struct table_row {
  std::string file;
  std::string function;
  std::string what;
  std::string codes;
  /// As CTest names it; empty if none takes the branch.
  std::string test;

  friend bool operator==(const table_row&, const table_row&) = default;
};

[[nodiscard]] table_row row_of(const error_site& site, std::string test);

[[nodiscard]] std::string to_markdown(const std::vector<table_row>& rows);
[[nodiscard]] std::vector<table_row> parse_table(std::string_view markdown);

[[nodiscard]] std::vector<std::string> complaints(const std::vector<table_row>& rows,
                                                  const std::vector<error_site>& sites,
                                                  const std::set<std::string>& tests);

}  // namespace stowage::coverage
