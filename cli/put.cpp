#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/live_store.hpp>

#include <unistd.h>

#include <string>

namespace stowage::cli {

namespace {

result<shared_bytes> read_input(const std::string& file) {
  if (file == "-") return read_value(STDIN_FILENO);
  return read_file(file);
}

}  // namespace

void run(const put_command& what, console& con) {
  if (auto named = check_name(what.name); !named) {
    con.complain(what.store, named.error());
    return;
  }
  // Before the store is opened: a slow producer must not hold its lock.
  auto value = read_input(what.file);
  if (!value) {
    con.complain_of_file(what.file == "-" ? "standard input" : what.file, value.error());
    return;
  }
  const auto store = open_live(command_settings(what.store), con);
  if (!store) return;
  const auto written = store->client().put(what.name, *std::move(value), durability::durable);
  if (!written) con.complain(what.store, written.error());
  close_live(*store, what.store, con);
  if (written) con.print(std::to_string(written.value().ver.value) + "\n");
}

}  // namespace stowage::cli
