#include <stowage/actors/random_identity.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/remote_commands.hpp>
#include <stowage/cli/run_copy.hpp>

#include <vector>

namespace stowage::cli {

void run(const backup_command& what, console& con) {
  if (what.connect) return run_remote(what, *what.connect, con);
  auto store = open_offline(what.store, con);
  // A state that ends before damage is no backup; what there is of it, salvage saves.
  if (!store || store->state.damage) return;
  store_file_copy copy{what.out, random_identity()};
  if (auto begun = copy.begin(); !begun) {
    con.complain(what.out, begun.error());
    return;
  }
  // So that the disk is read, and not what the system remembers of it.
  store->device->drop_cache();
  auto& state = store->state;
  copy.take(state.index.snapshot(), state.sb.hash_seed, state.last_version);
  std::vector<failure> lost;
  const auto copied = run_copy(copy, *store->device, "copying", lost, con);
  // First, because it decides the exit code: 2 is only said of a copy that is there.
  if (!copied) con.complain(what.out, copied.error());
  for (const auto& why : lost) con.complain(what.store, why);
  if (copied) print_copied(copy, "copied", lost.size(), con);
}

}  // namespace stowage::cli
