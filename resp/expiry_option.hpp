// When a block expires, as the options EX, PX, EXAT and PXAT say it.
//
// Contract: a value; of these options only one may stand, and the time they give must be later than the epoch.
// Concurrency: plain values, pure functions.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/resp/reply.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace stowage::resp {

struct time_kind {
  bool in_ms = false;
  /// Counted from the epoch, and not from now.
  bool is_absolute = false;

  friend bool operator==(const time_kind&, const time_kind&) = default;
};

/// Unix time in ms. Nothing if that is no time a block can have; 0 and less are times long ago.
[[nodiscard]] std::optional<std::int64_t> to_unix_ms(std::int64_t number, time_kind kind,
                                                     std::uint64_t now_ms);

struct expiry_option {
  /// The one it has is kept, or taken away, by the word that stands for that.
  bool keeps = false;
  std::optional<std::int64_t> number;
  time_kind kind;

  [[nodiscard]] bool is_given() const noexcept { return keeps || number.has_value(); }

  /// Takes the option that stands at `at`, and leaves `at` at its last word. The error to answer, if it is none.
  [[nodiscard]] std::optional<reply> take(const arguments& args, std::size_t& at,
                                          std::string_view keep_word);
  /// 0 = never. Nothing if the time is not valid.
  [[nodiscard]] std::optional<std::uint64_t> deadline_ms(std::uint64_t now_ms) const;

  friend bool operator==(const expiry_option&, const expiry_option&) = default;
};

}  // namespace stowage::resp
