#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/cli/maintenance_output.hpp>
#include <stowage/cli/remote_commands.hpp>

namespace stowage::cli {

void run(const compact_command& what, console& con) {
  if (what.connect) return run_remote(what, *what.connect, con);
  const auto store = open_live(command_settings(what.store), con);
  if (!store) return;
  const auto done = store->client().compact();
  if (done) {
    for (const auto& why : done->unreadable) con.complain(what.store, why);
    con.print(compacted_line(*done));
  } else {
    con.complain(what.store, done.error());
  }
  close_live(*store, what.store, con);
}

}  // namespace stowage::cli
