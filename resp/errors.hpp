// Errors in Redis' words, and the store's failures in words of their own.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/resp/reply.hpp>
#include <stowage/storage/core/result.hpp>

#include <string_view>

namespace stowage::resp {

inline constexpr std::string_view syntax_error = "ERR syntax error";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view not_an_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view too_long_a_string =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

[[nodiscard]] inline reply error(std::string_view text) { return reply::error(std::string{text}); }

[[nodiscard]] reply wrong_number_of_arguments(std::string_view command);
[[nodiscard]] reply invalid_expire_time(std::string_view command);
[[nodiscard]] reply unknown_command(const arguments& args);
[[nodiscard]] reply unknown_subcommand(std::string_view command, std::string_view subcommand);

/// MISCONF where the store takes no more, OOM where it is full, ERR otherwise.
[[nodiscard]] reply to_reply(const failure& why);

}  // namespace stowage::resp
