// Every way an operation of the store can fail: one code each, one sentence each.
//
// Contract: the numbers are append-only (they travel between processes). `none` is success.
// Concurrency: plain values; the sentences are static.
// Limits: a code says what kind of failure it is; which block, where and why is in `failure`.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace STOWAGE_EXPORT stowage {

enum class errc : std::uint8_t {
  none = 0,
  not_found = 1,
  conflict = 2,
  limit_exceeded = 3,
  no_space = 4,
  overloaded = 5,
  corrupt_block = 6,
  corrupt = 7,
  journal_corrupt = 8,
  not_a_store = 9,
  unsupported_version = 10,
  locked = 11,
  io_error = 12,
  permission_denied = 13,
  poisoned = 14,
  outcome_unknown = 15,
  read_only = 16,
  closed = 17,
  already_exists = 18,
  no_such_store = 19,
  invalid_argument = 20,
  snapshot_expired = 21,
};

inline constexpr std::uint8_t errc_max = 21;

/// The code's name, as it is spelled in the enumeration.
[[nodiscard]] std::string_view name_of(errc code) noexcept;

/// One sentence fragment for people: what is wrong, without a full stop.
[[nodiscard]] std::string_view sentence_of(errc code) noexcept;

[[nodiscard]] std::optional<errc> errc_from_name(std::string_view name) noexcept;
[[nodiscard]] std::optional<errc> errc_from_integer(std::uint8_t number) noexcept;

}  // namespace stowage
