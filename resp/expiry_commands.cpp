#include <stowage/resp/expiry_commands.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/expiry_option.hpp>
#include <stowage/resp/numbers.hpp>

#include <algorithm>
#include <optional>
#include <variant>

namespace stowage::resp {

namespace {

// A name in lower case that begins with p counts in milliseconds.
bool counts_ms(const std::string& command) { return command.front() == 'p'; }

struct expire_condition {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  // `now_at`: when the block expires now, 0 = never.
  [[nodiscard]] bool holds(std::uint64_t now_at, std::int64_t then_at) const {
    const bool expires = now_at != 0;
    if (nx && expires) return false;
    if (xx && !expires) return false;
    // Never is later than any time.
    if (gt && (!expires || then_at <= static_cast<std::int64_t>(now_at))) return false;
    return !(lt && expires && then_at >= static_cast<std::int64_t>(now_at));
  }
};

std::variant<expire_condition, reply> parse_condition(const arguments& args) {
  expire_condition c;
  for (std::size_t i = 3; i < args.size(); ++i) {
    const auto word = lower_case(text_of(args, i));
    if (word == "nx")
      c.nx = true;
    else if (word == "xx")
      c.xx = true;
    else if (word == "gt")
      c.gt = true;
    else if (word == "lt")
      c.lt = true;
    else
      return reply::error("ERR Unsupported option " + string_of(args, i));
  }
  if (c.nx && (c.xx || c.gt || c.lt))
    return error("ERR NX and XX, GT or LT options at the same time are not compatible");
  if (c.gt && c.lt) return error("ERR GT and LT options at the same time are not compatible");
  return c;
}

}  // namespace

reply expire_command(const arguments& args, block_view& blocks) {
  const auto command = lower_case(text_of(args, 0));
  const auto name = text_of(args, 1);
  const auto number = parse_integer(text_of(args, 2));
  if (!number) return error(not_an_integer);
  auto parsed = parse_condition(args);
  if (auto* wrong = std::get_if<reply>(&parsed)) return std::move(*wrong);
  const auto then_at =
      to_unix_ms(*number, {counts_ms(command), command.ends_with("at")}, blocks.now_ms());
  if (!then_at) return invalid_expire_time(command);
  if (!blocks.exists(name) ||
      !std::get<expire_condition>(parsed).holds(blocks.expires_at_ms(name), *then_at))
    return reply::integer(0);
  // A time that is over removes it; 0 would be never.
  blocks.put(name, blocks.value(name),
             static_cast<std::uint64_t>(std::max<std::int64_t>(*then_at, 1)));
  return reply::integer(1);
}

reply ttl_command(const arguments& args, block_view& blocks) {
  const auto command = lower_case(text_of(args, 0));
  const auto name = text_of(args, 1);
  if (!blocks.exists(name)) return reply::integer(-2);
  const auto at = blocks.expires_at_ms(name);
  if (at == 0) return reply::integer(-1);
  const bool is_absolute = command.ends_with("time");
  const auto ms = is_absolute ? at : at - std::min(at, blocks.now_ms());
  if (counts_ms(command)) return reply::integer(static_cast<std::int64_t>(ms));
  // What is left is rounded, a time is cut.
  return reply::integer(static_cast<std::int64_t>((ms + (is_absolute ? 0 : 500)) / 1000));
}

reply persist_command(const arguments& args, block_view& blocks) {
  const auto name = text_of(args, 1);
  if (blocks.expires_at_ms(name) == 0) return reply::integer(0);
  blocks.put(name, blocks.value(name));
  return reply::integer(1);
}

reply setex_command(const arguments& args, block_view& blocks) {
  const auto command = lower_case(text_of(args, 0));
  const auto number = parse_integer(text_of(args, 2));
  if (!number) return error(not_an_integer);
  const auto at = *number > 0 ? to_unix_ms(*number, {counts_ms(command), false}, blocks.now_ms())
                              : std::nullopt;
  if (!at) return invalid_expire_time(command);
  blocks.put(text_of(args, 1), args[3], static_cast<std::uint64_t>(*at));
  return reply::ok();
}

reply getex_command(const arguments& args, block_view& blocks) {
  expiry_option expiry;
  for (std::size_t i = 2; i < args.size(); ++i)
    if (auto wrong = expiry.take(args, i, "persist")) return *std::move(wrong);
  const auto deadline = expiry.deadline_ms(blocks.now_ms());
  if (!deadline) return invalid_expire_time("getex");
  const auto name = text_of(args, 1);
  if (!blocks.exists(name)) return reply::nothing();
  const auto value = blocks.value(name);
  // With PERSIST the deadline is never.
  if (expiry.is_given() && *deadline != blocks.expires_at_ms(name))
    blocks.put(name, value, *deadline);
  return reply::string(value);
}

}  // namespace stowage::resp
