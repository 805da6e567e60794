#include <stowage/cli/offline_store.hpp>

#include <stowage/actors/runtime.hpp>
#include <stowage/cli/advice.hpp>
#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/format/superblock_election.hpp>

#include <fmt/format.h>

#include <utility>

namespace stowage::cli {

block_ref offline_store::find(std::string_view name) const {
  auto found = state.index.find(name);
  if (found && has_expired(found->expires_at_ms(), now_ms)) return {};
  return found;
}

void offline_store::for_each_from(std::string_view from,
                                  const std::function<bool(const block_ref&)>& visit) const {
  state.index.for_each_from(from, [&](const block_ref& b) {
    return has_expired(b->expires_at_ms(), now_ms) || visit(b);
  });
}

std::optional<offline_store> open_offline(const std::string& path, console& con) {
  auto device = open_posix_device(path, open_mode::read_only);
  if (!device) {
    con.complain(path, device.error());
    return std::nullopt;
  }
  auto state = recover(**device, store_access::read_only);
  if (!state) {
    con.complain(path, state.error());
    return std::nullopt;
  }
  if (state->damage) con.complain(path, *state->damage);
  if (state->dropped) warn_of_dropped_tail(path, *state->dropped, con);
  if (state->used_previous_root)
    con.warn(path,
             "the previous checkpoint is used: " + what_is_wrong(*state->used_previous_root, path));
  if (state->superblock_slot_damaged) con.warn(path, "one of the two superblocks is damaged");
  return offline_store{*std::move(device), *std::move(state), system_wall_time()};
}

void warn_of_dropped_tail(const std::string& path, const dropped_tail& dropped, console& con) {
  con.warn(path, fmt::format("{} group(s) from record {} on never became durable and are ignored "
                             "({})",
                             dropped.records, dropped.first.value, dropped.reason));
}

result<superblock> newest_superblock(const superblock_slots& slots, const block_device& device) {
  auto elected = elect_superblock(slots.both());
  if (!elected) return std::move(elected).error();
  const auto& newest = elected->winner;
  if (device.size() < newest.min_file_bytes)
    return fail_at(errc::corrupt, device.size(),
                   fmt::format("truncated: the file was {} bytes long", newest.min_file_bytes));
  return newest;
}

}  // namespace stowage::cli
