// A request of a Redis client: the command's name and its arguments.
//
// Contract: never empty where one is handed on. Each argument is a value of its own, so that one of them becomes
// the value of a block without being copied.
// Concurrency: immutable bytes, a plain vector.
#pragma once

#include <stowage/messages/payload.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::resp {

using arguments = std::vector<payload>;

inline std::string_view text_of(const arguments& args, std::size_t at) { return args[at].text(); }
inline std::string string_of(const arguments& args, std::size_t at) {
  return std::string{args[at].text()};
}

/// Arguments from text, as a test or a program of our own would give them.
[[nodiscard]] arguments make_arguments(const std::vector<std::string>& texts);

/// Compares without regard to the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace stowage::resp
