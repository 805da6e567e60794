#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>

#include <fmt/format.h>

namespace stowage::cli {

void run(const compact_command& what, console& con) {
  const auto store = open_live(command_settings(what.store), con);
  if (!store) return;
  const auto done = store->client().compact();
  if (done) {
    for (const auto& why : done->unreadable) con.complain(what.store, why);
    con.print(fmt::format("moved {} blocks, {} bytes: the file had {} bytes and has {}\n",
                          done->blocks_moved, done->bytes_moved, done->file_bytes_before,
                          done->file_bytes_after));
  } else {
    con.complain(what.store, done.error());
  }
  close_live(*store, what.store, con);
}

}  // namespace stowage::cli
