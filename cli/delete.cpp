#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>

namespace stowage::cli {

void run(const delete_command& what, console& con) {
  const auto store = open_live(command_settings(what.store), con);
  if (!store) return;
  const auto complain = [&](failure why, const std::string& name) {
    why.name = name;
    con.complain(what.store, why);
  };
  for (const auto& name : what.names) {
    if (auto named = check_name(name); !named) {
      con.complain(what.store, named.error());
      continue;
    }
    // One flush for all of them below.
    if (auto gone = store->client().remove(name, durability::accepted); !gone)
      complain(gone.error(), name);
  }
  if (auto durable = store->client().flush(); !durable)
    con.complain_unless_told(what.store, durable.error());
  close_live(*store, what.store, con);
}

}  // namespace stowage::cli
