// What verify, compact and backup print, of a file and of a store that is served alike.
//
// Contract: lines end with a line break; documents are stable.
// Concurrency: pure functions.
#pragma once

#include <stowage/cli/json_output.hpp>
#include <stowage/messages/lifecycle.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace stowage::cli {

/// One of the things a verification finds.
[[nodiscard]] json describe_found(const failure& why);

[[nodiscard]] json verified_document(std::string_view path, const verify_result& done,
                                     std::uint64_t dropped_groups, const json& found);
[[nodiscard]] std::string verified_line(const verify_result& done);
[[nodiscard]] std::string compacted_line(const compact_result& done);
/// `VERBED 2 blocks, 10 bytes: ok`, or how many are `damaged`.
[[nodiscard]] std::string copied_line(std::string_view verbed, std::uint64_t blocks,
                                      std::uint64_t value_bytes, std::uint64_t damaged);

}  // namespace stowage::cli
