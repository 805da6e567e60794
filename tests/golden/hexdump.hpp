// Images of stores as text, so that a repository keeps and compares them as it does sources.
//
// Contract: `to_hexdump` and `from_hexdump` are inverses. A line holds 16 bytes; lines of zeros are left out; `#`
// starts a comment line.
// Concurrency: pure functions.
// Limits: for images of a few MiB that are mostly zeros.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

/// `value` in lower case, with zeros in front up to this many digits.
[[nodiscard]] std::string hex(std::uint64_t value, std::size_t digits);

[[nodiscard]] std::string to_hexdump(byte_view image);

/// Throws std::runtime_error naming the line that cannot be read.
[[nodiscard]] std::vector<std::byte> from_hexdump(std::string_view text);

}  // namespace stowage::test
