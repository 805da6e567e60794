// What to say about a failure: what is wrong and what to do about it.
//
// Contract: each on one line, without a full stop, for every `errc`.
// Concurrency: pure functions.
#pragma once

#include <stowage/storage/core/result.hpp>

#include <string>
#include <string_view>

namespace stowage::cli {

/// The sentence of the code, then in parentheses what else is known. `subject`, the path or name the line
/// starts with, is not said again.
[[nodiscard]] std::string what_is_wrong(const failure& why, std::string_view subject);

/// What the user can do about it.
[[nodiscard]] std::string_view what_to_do(errc code) noexcept;

}  // namespace stowage::cli
