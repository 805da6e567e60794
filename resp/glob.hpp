// Patterns of names, as KEYS, SCAN and CONFIG GET take them.
//
// Contract: `*` any bytes, `?` one byte, `[abc]`, `[a-c]`, `[^abc]` one byte of (or not of) a set, `\x` the byte x
// itself; everything else stands for itself. A set that is not closed ends with the pattern.
// Concurrency: pure functions.
// Limits: takes time in proportion to both lengths multiplied, whatever the pattern.
#pragma once

#include <string>
#include <string_view>

namespace stowage::resp {

[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) noexcept;

/// As `matches`, without regard to the case of ASCII letters.
[[nodiscard]] bool matches_any_case(std::string_view pattern, std::string_view text);

/// What every name that matches begins with.
[[nodiscard]] std::string literal_prefix(std::string_view pattern);

}  // namespace stowage::resp
