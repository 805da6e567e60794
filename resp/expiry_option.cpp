#include <stowage/resp/expiry_option.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/numbers.hpp>

#include <array>
#include <utility>

namespace stowage::resp {

namespace {

constexpr std::array<std::pair<std::string_view, time_kind>, 4> time_words{{
    {"ex", {false, false}},
    {"px", {true, false}},
    {"exat", {false, true}},
    {"pxat", {true, true}},
}};

}  // namespace

std::optional<std::int64_t> to_unix_ms(std::int64_t number, time_kind kind, std::uint64_t now_ms) {
  std::int64_t ms = number;
  if (!kind.in_ms && __builtin_mul_overflow(number, std::int64_t{1000}, &ms)) return std::nullopt;
  if (!kind.is_absolute && __builtin_add_overflow(ms, static_cast<std::int64_t>(now_ms), &ms))
    return std::nullopt;
  return ms;
}

std::optional<reply> expiry_option::take(const arguments& args, std::size_t& at,
                                         std::string_view keep_word) {
  const auto word = text_of(args, at);
  if (is_given()) return error(syntax_error);
  if (same_word(word, keep_word)) {
    keeps = true;
    return std::nullopt;
  }
  for (const auto& [name, its_kind] : time_words) {
    if (!same_word(word, name) || at + 1 == args.size()) continue;
    number = parse_integer(text_of(args, ++at));
    kind = its_kind;
    if (!number) return error(not_an_integer);
    return std::nullopt;
  }
  return error(syntax_error);
}

std::optional<std::uint64_t> expiry_option::deadline_ms(std::uint64_t now_ms) const {
  if (!number) return 0;
  const auto ms = *number > 0 ? to_unix_ms(*number, kind, now_ms) : std::nullopt;
  if (!ms) return std::nullopt;
  return static_cast<std::uint64_t>(*ms);
}

}  // namespace stowage::resp
