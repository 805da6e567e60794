// Numbers as Redis reads and writes them.
//
// Contract: a number is read only if writing it gives the same text again: no blanks, no plus sign, no leading
// zeros. Reals are written with at most 17 decimals, without trailing zeros and without an exponent.
// Concurrency: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::resp {

[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;

/// Also with an exponent; not NaN. Infinity is a number.
[[nodiscard]] std::optional<long double> parse_real(std::string_view text);
/// `value` is finite.
[[nodiscard]] std::string show_real(long double value);

}  // namespace stowage::resp
