#include <stowage/resp/string_commands.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/resp/set_options.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace stowage::resp {

namespace {

reply value_or_nothing(const block_view& blocks, std::string_view name) {
  if (!blocks.exists(name)) return reply::nothing();
  return reply::string(blocks.value(name));
}

reply add(block_view& blocks, std::string_view name, std::int64_t increment) {
  std::int64_t now = 0;
  if (blocks.exists(name)) {
    const auto parsed = parse_integer(blocks.value(name).text());
    if (!parsed) return error(not_an_integer);
    now = *parsed;
  }
  std::int64_t sum = 0;
  if (__builtin_add_overflow(now, increment, &sum))
    return error("ERR increment or decrement would overflow");
  blocks.put(name, payload{std::to_string(sum)}, blocks.expires_at_ms(name));
  return reply::integer(sum);
}

// Pairs of names and values from the first argument on.
bool are_pairs(const arguments& args) noexcept { return args.size() % 2 == 1; }

void put_pairs(const arguments& args, block_view& blocks) {
  for (std::size_t i = 1; i + 1 < args.size(); i += 2) blocks.put(text_of(args, i), args[i + 1]);
}

}  // namespace

reply get_command(const arguments& args, block_view& blocks) {
  return value_or_nothing(blocks, text_of(args, 1));
}

need set_needs(const arguments& args, std::size_t /*key*/) {
  const auto parsed = parse_set_options(args);
  const auto* options = std::get_if<set_options>(&parsed);
  if (options == nullptr) return need::nothing;
  if (options->get) return need::value;
  return options->only == set_options::condition::none && !options->expiry.keeps ? need::nothing
                                                                                 : need::presence;
}

reply set_command(const arguments& args, block_view& blocks) {
  auto parsed = parse_set_options(args);
  if (auto* wrong = std::get_if<reply>(&parsed)) return std::move(*wrong);
  const auto& options = std::get<set_options>(parsed);
  const auto name = text_of(args, 1);
  const auto deadline = options.expiry.deadline_ms(blocks.now_ms());
  if (!deadline) return invalid_expire_time("set");
  auto before = options.get ? value_or_nothing(blocks, name) : reply::nothing();
  if (options.only != set_options::condition::none &&
      blocks.exists(name) != (options.only == set_options::condition::if_present))
    return before;
  blocks.put(name, args[2], options.expiry.keeps ? blocks.expires_at_ms(name) : *deadline);
  return options.get ? std::move(before) : reply::ok();
}

reply setnx_command(const arguments& args, block_view& blocks) {
  if (blocks.exists(text_of(args, 1))) return reply::integer(0);
  blocks.put(text_of(args, 1), args[2]);
  return reply::integer(1);
}

reply getset_command(const arguments& args, block_view& blocks) {
  auto before = value_or_nothing(blocks, text_of(args, 1));
  blocks.put(text_of(args, 1), args[2]);
  return before;
}

reply getdel_command(const arguments& args, block_view& blocks) {
  auto before = value_or_nothing(blocks, text_of(args, 1));
  blocks.remove(text_of(args, 1));
  return before;
}

reply strlen_command(const arguments& args, block_view& blocks) {
  return reply::integer(static_cast<std::int64_t>(blocks.size(text_of(args, 1))));
}

reply getrange_command(const arguments& args, block_view& blocks) {
  const auto first = parse_integer(text_of(args, 2));
  const auto last = parse_integer(text_of(args, 3));
  if (!first || !last) return error(not_an_integer);
  const auto name = text_of(args, 1);
  const auto size = static_cast<std::int64_t>(blocks.size(name));
  // Negative places count from the end.
  const auto place = [size](std::int64_t at) {
    return at < 0 ? std::max<std::int64_t>(at + size, 0) : at;
  };
  if (*first < 0 && *last < 0 && *first > *last) return reply::string(payload{});
  const auto from = place(*first);
  const auto to = std::min(place(*last), size - 1);
  if (from > to) return reply::string(payload{});
  return reply::string(blocks.value(name).slice(static_cast<std::size_t>(from),
                                                static_cast<std::size_t>(to - from + 1)));
}

reply setrange_command(const arguments& args, block_view& blocks) {
  const auto offset = parse_integer(text_of(args, 2));
  if (!offset) return error(not_an_integer);
  if (*offset < 0) return error("ERR offset is out of range");
  const auto name = text_of(args, 1);
  const auto piece = text_of(args, 3);
  if (piece.empty()) return reply::integer(static_cast<std::int64_t>(blocks.size(name)));
  const auto from = static_cast<std::uint64_t>(*offset);
  if (from > limits::value_bytes_max || from + piece.size() > limits::value_bytes_max)
    return error(too_long_a_string);
  std::string text{blocks.value(name).text()};
  if (text.size() < from + piece.size()) text.resize(from + piece.size());
  text.replace(from, piece.size(), piece);
  const auto size = text.size();
  blocks.put(name, payload{std::move(text)}, blocks.expires_at_ms(name));
  return reply::integer(static_cast<std::int64_t>(size));
}

reply append_command(const arguments& args, block_view& blocks) {
  const auto name = text_of(args, 1);
  const auto before = blocks.value(name);
  if (before.size() + args[2].size() > limits::value_bytes_max) return error(too_long_a_string);
  std::string text;
  text.reserve(before.size() + args[2].size());
  text.append(before.text()).append(args[2].text());
  const auto size = text.size();
  blocks.put(name, payload{std::move(text)}, blocks.expires_at_ms(name));
  return reply::integer(static_cast<std::int64_t>(size));
}

reply mget_command(const arguments& args, block_view& blocks) {
  std::vector<reply> values;
  values.reserve(args.size() - 1);
  for (std::size_t i = 1; i < args.size(); ++i)
    values.push_back(value_or_nothing(blocks, text_of(args, i)));
  return reply::array(std::move(values));
}

reply mset_command(const arguments& args, block_view& blocks) {
  if (!are_pairs(args)) return wrong_number_of_arguments("mset");
  put_pairs(args, blocks);
  return reply::ok();
}

reply msetnx_command(const arguments& args, block_view& blocks) {
  if (!are_pairs(args)) return wrong_number_of_arguments("msetnx");
  for (std::size_t i = 1; i < args.size(); i += 2)
    if (blocks.exists(text_of(args, i))) return reply::integer(0);
  put_pairs(args, blocks);
  return reply::integer(1);
}

reply incr_command(const arguments& args, block_view& blocks) {
  return add(blocks, text_of(args, 1), 1);
}

reply decr_command(const arguments& args, block_view& blocks) {
  return add(blocks, text_of(args, 1), -1);
}

reply incrby_command(const arguments& args, block_view& blocks) {
  const auto increment = parse_integer(text_of(args, 2));
  if (!increment) return error(not_an_integer);
  return add(blocks, text_of(args, 1), *increment);
}

reply decrby_command(const arguments& args, block_view& blocks) {
  const auto decrement = parse_integer(text_of(args, 2));
  if (!decrement) return error(not_an_integer);
  if (*decrement == std::numeric_limits<std::int64_t>::min())
    return error("ERR decrement would overflow");
  return add(blocks, text_of(args, 1), -*decrement);
}

reply incrbyfloat_command(const arguments& args, block_view& blocks) {
  const auto name = text_of(args, 1);
  const auto now =
      blocks.exists(name) ? parse_real(blocks.value(name).text()) : std::optional<long double>{0};
  const auto increment = parse_real(text_of(args, 2));
  if (!now || !increment) return error("ERR value is not a valid float");
  const auto sum = *now + *increment;
  if (!std::isfinite(sum)) return error("ERR increment would produce NaN or Infinity");
  const payload text{show_real(sum)};
  blocks.put(name, text, blocks.expires_at_ms(name));
  return reply::string(text);
}

}  // namespace stowage::resp
