// Names of blocks, which may be any bytes, as text and back.
//
// Contract: `show_name` gives printable ASCII on one line; bytes outside it and `\` become `\xHH`, so two
// names never look the same. Hex is two digits a byte, lower case when written, either when read.
// Concurrency: pure functions.
#pragma once

#include <stowage/storage/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace stowage::cli {

[[nodiscard]] std::string show_name(std::string_view name);

[[nodiscard]] std::string to_hex(std::string_view bytes);
/// Nothing where `hex` is not pairs of hex digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// limit_exceeded where no block can have this name.
[[nodiscard]] result<void> check_name(std::string_view name);

}  // namespace stowage::cli
