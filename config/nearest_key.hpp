// Which known key was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace stowage {

/// Insertions, deletions and replacements of a character that lead from `a` to `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` (not empty) that is nearest to `key`. What stands behind the last dot counts
/// first: a key in the wrong section is a frequent mistake.
[[nodiscard]] std::string_view nearest_key(std::string_view key,
                                           std::span<const std::string_view> known);

}  // namespace stowage
