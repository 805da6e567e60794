#include <stowage/actors/random_identity.hpp>
#include <stowage/cli/advice.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/run_copy.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/salvage.hpp>

#include <vector>

namespace stowage::cli {

namespace {

// With what is damaged, versions may have been lost that were given: none of them is given again.
version floor_of(const salvaged_store& found) {
  return found.damage.empty() ? found.last_version
                              : version{found.last_version.value + limits::version_gap_after_crash};
}

// The salvage is their cure, so their own advice would be none.
void tell_damage(const salvage_command& what, const salvaged_store& found, console& con) {
  for (const auto& why : found.damage)
    con.complain(what.store, what_is_wrong(why, what.store),
                 "keep the file until the copy was looked at", exit_code_of(why.code));
  if (found.dropped) warn_of_dropped_tail(what.store, *found.dropped, con);
}

}  // namespace

void run(const salvage_command& what, console& con) {
  auto device = open_posix_device(what.store, open_mode::read_only);
  if (!device) {
    con.complain(what.store, device.error());
    return;
  }
  // Before a long search it is known whether there is a place for what it finds.
  store_file_copy copy{what.out, random_identity()};
  if (auto begun = copy.begin(); !begun) {
    con.complain(what.out, begun.error());
    return;
  }
  auto found = salvage(**device);
  if (!found) {
    con.complain(what.store, found.error());
    return;
  }
  copy.take(found->index.snapshot(), found->hash_seed, floor_of(*found));
  std::vector<failure> lost;
  const auto copied = run_copy(copy, **device, "saving", lost, con);
  // First, because it decides the exit code: 2 is only said of a copy that is there.
  if (!copied) con.complain(what.out, copied.error());
  tell_damage(what, *found, con);
  for (const auto& why : lost) con.complain(what.store, why);
  if (copied) print_copied(copy, "saved", found->damage.size() + lost.size(), con);
}

}  // namespace stowage::cli
