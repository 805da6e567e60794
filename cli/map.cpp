#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/file_map.hpp>
#include <stowage/cli/file_picture.hpp>
#include <stowage/cli/offline_store.hpp>

namespace stowage::cli {

void run(const map_command& what, console& con) {
  const auto store = open_offline(what.store, con);
  if (!store) return;
  const auto name = what.store.substr(what.store.rfind('/') + 1);
  const auto picture = draw(make_file_map(store->state, store->device->size()), name);
  if (what.file == "-") {
    con.print(picture);
  } else if (auto written = write_output(what.file, what.store, as_bytes(picture)); !written) {
    con.complain_of_file(what.file, written.error());
  }
}

}  // namespace stowage::cli
