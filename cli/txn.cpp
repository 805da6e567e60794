#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/cli/txn_script.hpp>

#include <unistd.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace stowage::cli {

namespace {

constexpr std::string_view input = "standard input";

// Everything the transaction needs is at hand before the store is opened: a mistake in the last line, or a
// file that is not there, changes nothing and locks nobody out.
struct prepared {
  transaction what;
  /// Names of the writes, in their order.
  std::vector<std::string> names;
};

std::optional<prepared> prepare(const std::vector<txn_line>& lines, console& con) {
  prepared out;
  for (const auto& line : lines) {
    const auto complain = [&](const failure& why) {
      con.complain(std::string{input} + ", line " + std::to_string(line.number), why);
    };
    const auto& name =
        std::visit([](const auto& l) -> const std::string& { return l.name; }, line.what);
    if (auto named = check_name(name); !named) {
      complain(named.error());
      return std::nullopt;
    }
    if (const auto* put = std::get_if<txn_put>(&line.what)) {
      auto value = read_file(put->file);
      if (!value) {
        con.complain_of_file(put->file, value.error());
        return std::nullopt;
      }
      out.what.put(name, *std::move(value));
      out.names.push_back(name);
    } else if (std::holds_alternative<txn_delete>(line.what)) {
      out.what.remove(name);
      out.names.push_back(name);
    } else {
      out.what.expect(name, std::get<txn_expect>(line.what).ver);
    }
  }
  return out;
}

}  // namespace

void run(const txn_command& what, console& con) {
  const auto script = read_value(STDIN_FILENO);
  if (!script) {
    con.complain_of_file(input, script.error());
    return;
  }
  auto parsed = parse_txn_script(script->text());
  if (const auto* mistake = std::get_if<txn_mistake>(&parsed)) {
    con.complain(std::string{input} + ", line " + std::to_string(mistake->line), mistake->what,
                 mistake->advice, exit_code::usage);
    return;
  }
  auto ready = prepare(std::get<std::vector<txn_line>>(parsed), con);
  if (!ready) return;
  const auto store = open_live(command_settings(what.store), con);
  if (!store) return;
  const auto done = store->client().commit(std::move(ready->what), durability::durable);
  if (!done) con.complain(what.store, done.error());
  close_live(*store, what.store, con);
  if (!done) return;
  for (std::size_t i = 0; i < ready->names.size(); ++i)
    con.print(std::to_string(done->versions[i].value) + " " + show_name(ready->names[i]) + "\n");
}

}  // namespace stowage::cli
