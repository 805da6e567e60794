#include <stowage/resp/key_commands.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/numbers.hpp>

namespace stowage::resp {

namespace {

void move_value(block_view& blocks, std::string_view from, std::string_view to) {
  auto value = blocks.value(from);
  const auto expires_at_ms = blocks.expires_at_ms(from);
  blocks.remove(from);
  blocks.put(to, std::move(value), expires_at_ms);
}

}  // namespace

reply del_command(const arguments& args, block_view& blocks) {
  std::int64_t removed = 0;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (!blocks.exists(text_of(args, i))) continue;
    blocks.remove(text_of(args, i));
    ++removed;
  }
  return reply::integer(removed);
}

// TOUCH as well: blocks do not remember when they were read.
reply exists_command(const arguments& args, block_view& blocks) {
  std::int64_t found = 0;
  for (std::size_t i = 1; i < args.size(); ++i)
    if (blocks.exists(text_of(args, i))) ++found;
  return reply::integer(found);
}

reply type_command(const arguments& args, block_view& blocks) {
  return reply::status(blocks.exists(text_of(args, 1)) ? "string" : "none");
}

reply rename_command(const arguments& args, block_view& blocks) {
  if (!blocks.exists(text_of(args, 1))) return error(no_such_key);
  if (text_of(args, 1) != text_of(args, 2)) move_value(blocks, text_of(args, 1), text_of(args, 2));
  return reply::ok();
}

reply renamenx_command(const arguments& args, block_view& blocks) {
  if (!blocks.exists(text_of(args, 1))) return error(no_such_key);
  if (blocks.exists(text_of(args, 2))) return reply::integer(0);
  move_value(blocks, text_of(args, 1), text_of(args, 2));
  return reply::integer(1);
}

reply copy_command(const arguments& args, block_view& blocks) {
  bool replaces = false;
  for (std::size_t i = 3; i < args.size(); ++i) {
    if (same_word(text_of(args, i), "replace")) {
      replaces = true;
    } else if (same_word(text_of(args, i), "db") && i + 1 < args.size()) {
      const auto number = parse_integer(text_of(args, ++i));
      if (!number) return error(not_an_integer);
      if (*number != 0) return error("ERR DB index is out of range");
    } else {
      return error(syntax_error);
    }
  }
  if (text_of(args, 1) == text_of(args, 2))
    return error("ERR source and destination objects are the same");
  if (!blocks.exists(text_of(args, 1)) || (blocks.exists(text_of(args, 2)) && !replaces))
    return reply::integer(0);
  blocks.put(text_of(args, 2), blocks.value(text_of(args, 1)),
             blocks.expires_at_ms(text_of(args, 1)));
  return reply::integer(1);
}

reply object_command(const arguments& args, block_view& blocks) {
  constexpr std::size_t embedded_bytes_max = 44;
  const auto what = text_of(args, 1);
  const auto name = text_of(args, 2);
  const bool asks_encoding = same_word(what, "encoding");
  if (!asks_encoding && !same_word(what, "refcount") && !same_word(what, "idletime"))
    return unknown_subcommand("OBJECT", what);
  if (!blocks.exists(name)) return reply::nothing();
  if (!asks_encoding) return reply::integer(same_word(what, "refcount") ? 1 : 0);
  const auto value = blocks.value(name);
  return reply::string(std::string{parse_integer(value.text())          ? "int"
                                   : value.size() <= embedded_bytes_max ? "embstr"
                                                                        : "raw"});
}

reply memory_command(const arguments& args, block_view& blocks) {
  if (!same_word(text_of(args, 1), "usage")) return unknown_subcommand("MEMORY", text_of(args, 1));
  const auto name = text_of(args, 2);
  if (!blocks.exists(name)) return reply::nothing();
  return reply::integer(static_cast<std::int64_t>(blocks.size(name) + name.size()));
}

}  // namespace stowage::resp
