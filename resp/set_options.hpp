// The options of SET.
//
// Contract: a value; the options may stand in any order, and those that contradict each other are refused.
// Concurrency: a pure function.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/resp/expiry_option.hpp>
#include <stowage/resp/reply.hpp>

#include <cstdint>
#include <variant>

namespace stowage::resp {

struct set_options {
  enum class condition : std::uint8_t { none, if_absent, if_present };

  condition only = condition::none;
  /// Answer what was there before.
  bool get = false;
  expiry_option expiry;

  friend bool operator==(const set_options&, const set_options&) = default;
};

/// Of `SET key value [option]...`, or the error to answer.
[[nodiscard]] std::variant<set_options, reply> parse_set_options(const arguments& args);

}  // namespace stowage::resp
