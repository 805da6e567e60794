// What a server answers to STOWAGE, as values.
//
// Contract: `fields_of` takes a map as RESP2 has it, a flat list of names and values, whose values are numbers, texts
// or lists of further maps; anything else is no answer of a Stowage server. `refusal_of` makes of an error line what
// a command that has the file would say and exit with.
// Concurrency: pure functions.
// Limits: sentences it does not know, of a newer server, are shown as they come.
#pragma once

#include <stowage/cli/exit_code.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct redisReply;

namespace stowage::cli {

struct remote_field;
using remote_fields = std::vector<remote_field>;

struct remote_field {
  std::string name;
  std::variant<std::uint64_t, std::string, std::vector<remote_fields>> value;
};

[[nodiscard]] std::optional<remote_fields> fields_of(const redisReply& reply);

/// 0, empty or none if there is no such field, or one of another kind.
[[nodiscard]] std::uint64_t number_in(const remote_fields& all, std::string_view name);
[[nodiscard]] std::string text_in(const remote_fields& all, std::string_view name);
/// The failures listed in the field of that name.
[[nodiscard]] std::vector<failure> failures_in(const remote_fields& all, std::string_view name);

/// Why there is no answer.
struct remote_refusal {
  std::string what;
  std::string advice;
  exit_code code = exit_code::failed;
};

[[nodiscard]] remote_refusal refusal_of(std::string_view error_line);

/// Somebody else answers at that address.
[[nodiscard]] remote_refusal not_a_server();

}  // namespace stowage::cli
