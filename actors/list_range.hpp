// What a list_request asks for, as the registry and views understand it.
//
// Contract: `refusal_of` is why it is not answered; `first_name` the least name that may be in the answer.
// Concurrency: pure functions.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/storage/core/result.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace stowage {

[[nodiscard]] inline std::optional<failure> refusal_of(const list_request& what) {
  if (what.limit > 0 && what.limit <= list_limit_max) return std::nullopt;
  return fail(errc::limit_exceeded, "a list has 1 to 10000 names");
}

[[nodiscard]] inline std::string first_name(const list_request& what) {
  auto from = what.after;
  // The least name greater than that.
  if (!from.empty()) from.push_back('\0');
  return std::max(from, what.prefix);
}

}  // namespace stowage
