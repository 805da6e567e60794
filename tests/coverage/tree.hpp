// What of the tree the table of error branches is about: the sources of storage/, and the names of the tests.
//
// Contract: `scan_all` leaves out `core/result.hpp`, which is what failures are made of. `test_names` are those that
// CTest gives: folder, suites, case.
// Concurrency: pure functions over files.
// Limits: `test_names` reads the macros of Boost.Test; it does not know what is built.
#pragma once

#include <stowage/tests/coverage/error_sites.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace stowage::coverage {

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// Every source file under storage/, by path relative to `root`.
[[nodiscard]] std::map<std::string, source_text> storage_sources(const std::filesystem::path& root);

/// All error branches, in the order of files and lines.
[[nodiscard]] error_scan scan_all(const std::map<std::string, source_text>& sources);

/// The names of the cases in one source file of tests/<folder>.
[[nodiscard]] std::set<std::string> test_names_in(const std::string& folder, std::string_view text);
[[nodiscard]] std::set<std::string> test_names(const std::filesystem::path& root);

}  // namespace stowage::coverage
