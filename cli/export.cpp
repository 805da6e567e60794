#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/export_tree.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/storage/read_block.hpp>

namespace stowage::cli {

void run(const export_command& what, console& con) {
  const auto store = open_offline(what.store, con);
  if (!store) return;
  auto tree = export_tree::open(what.directory);
  if (!tree) {
    con.complain_of_file(what.directory, tree.error());
    return;
  }
  progress shown{con, "exporting", store->state.index.size()};
  store->for_each_from(what.prefix, [&](const block_ref& b) {
    if (!b->name().starts_with(what.prefix)) return false;
    // The counterpart of import's prefix: what it added is taken off.
    const auto path = b->name().substr(what.prefix.size());
    const auto complain = [&](const failure& why) {
      const auto file = what.directory + "/" + show_name(path);
      if (why.code == errc::limit_exceeded)
        con.complain(file, "skipped, because " + why.detail, "take it with `stowage get -o FILE`",
                     exit_code::limit);
      else
        con.complain_of_file(file, why);
      return true;
    };
    // Before the value is read: a refused name needs none.
    if (auto checked = check_file_path(path); !checked) return complain(checked.error());
    const auto value =
        read_block(*store->device, *b, store->state.sb.hash_seed, 0, b->value_length());
    if (!value) {
      con.complain(what.store, value.error());
      return true;
    }
    if (auto written = tree->write(path, value.value().view()); !written)
      return complain(written.error());
    shown.advance(b->value_length());
    return true;
  });
}

}  // namespace stowage::cli
