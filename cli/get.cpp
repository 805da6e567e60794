#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/storage/read_block.hpp>

namespace stowage::cli {

void run(const get_command& what, console& con) {
  if (auto named = check_name(what.name); !named) {
    con.complain(what.store, named.error());
    return;
  }
  const auto store = open_offline(what.store, con);
  if (!store) return;
  const auto block = store->find(what.name);
  if (!block) {
    auto why = fail(errc::not_found);
    why.name = what.name;
    con.complain(what.store, why);
    return;
  }
  // Verified as a whole before the first byte goes out.
  const auto value =
      read_block(*store->device, *block, store->state.sb.hash_seed, what.offset, what.length);
  if (!value) {
    con.complain(what.store, value.error());
  } else if (what.file == "-") {
    con.print(value.value().text());
  } else if (auto written = write_output(what.file, what.store, value.value().view()); !written) {
    con.complain_of_file(what.file, written.error());
  }
}

}  // namespace stowage::cli
