// How the registry tells what has become durable to those who watch.
#include <stowage/actors/registry.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/log/group.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace stowage {

namespace {

caf::error no_such_watch() { return to_error(fail(errc::invalid_argument, "no such watch")); }

}  // namespace

caf::result<watch_started> registry_state::on_watch(watch_request& request) {
  if (!takes_writes()) return unavailable();
  const auto owner = caf::actor_cast<caf::actor>(self_->current_sender());
  if (!owner)
    return to_error(fail(errc::invalid_argument, "a watch belongs to the actor that asks for it"));
  if (request.prefix.size() > limits::name_bytes_max)
    return to_error(fail(errc::limit_exceeded, "a prefix has at most 1024 bytes, this one " +
                                                   std::to_string(request.prefix.size())));
  if (watches_.size() == watches_max)
    return to_error(fail(errc::limit_exceeded,
                         "a store has at most " + std::to_string(watches_max) + " watches"));
  if (!watches_anything(owner.address())) owners_ends_.add(owner);
  const auto added = watches_.add(std::move(request.prefix));
  watchers_.emplace(added, watcher{owner.address(), {}, {}});
  tell_what_there_is();
  return watch_started{added, durable_version_};
}

caf::result<change_batch> registry_state::on_next_changes(const next_changes_request& request) {
  const auto found = watchers_.find(request.watch);
  if (found == watchers_.end()) return no_such_watch();
  auto& asks = found->second;
  // The one before was given up.
  if (asks.waits) std::exchange(asks.waits, {})->deliver(change_batch{{}, {}, asks.after});
  if (auto changes = watches_.take(request.watch, request.after)) return *std::move(changes);
  if (failed_) return unavailable();
  asks.after = request.after;
  asks.waits = self_->make_response_promise<change_batch>();
  return *asks.waits;
}

caf::result<void> registry_state::on_unwatch(const unwatch_request& request) {
  const auto found = watchers_.find(request.watch);
  if (found == watchers_.end()) return no_such_watch();
  const auto owner = found->second.owner;
  end_watch(found, to_error(fail(errc::closed, "the watch was ended")));
  if (!watches_anything(owner)) owners_ends_.remove(owner);
  tell_what_there_is();
  return caf::unit;
}

// Its watches have nobody left to tell.
void registry_state::on_owner_ended(const caf::actor_addr& owner) {
  for (auto next = watchers_.begin(); next != watchers_.end();) {
    const auto at = next++;
    if (at->second.owner == owner)
      end_watch(at, to_error(fail(errc::closed, "the watch was ended")));
  }
  tell_what_there_is();
}

void registry_state::end_watch(watcher_map::iterator which, const caf::error& why) {
  if (which->second.waits) which->second.waits->deliver(why);
  watches_.remove(which->first);
  watchers_.erase(which);
}

bool registry_state::watches_anything(const caf::actor_addr& owner) const {
  return std::ranges::any_of(watchers_,
                             [&](const auto& each) { return each.second.owner == owner; });
}

// The group is durable and published. A moved block is the same block.
void registry_state::tell_watchers(const durable_group& group) {
  for (const auto& o : group.ops) {
    const auto block = o.what->name();
    const auto ver = o.what->ver();
    switch (o.kind) {
      case op_kind::put: watches_.tell(block, change_kind::put, ver); break;
      case op_kind::del:
        watches_.tell(
            block, was_removed_as_expired(ver) ? change_kind::expired : change_kind::deleted, ver);
        break;
      case op_kind::clear: watches_.tell({}, change_kind::cleared, ver); break;
      case op_kind::relocate: break;
    }
  }
  for (auto& [which, asks] : watchers_) {
    if (!asks.waits) continue;
    if (auto changes = watches_.take(which, asks.after))
      std::exchange(asks.waits, {})->deliver(*std::move(changes));
  }
}

// Nothing more will become durable.
void registry_state::end_waiting_watchers(const caf::error& why) {
  for (auto& [which, asks] : watchers_)
    if (asks.waits) std::exchange(asks.waits, {})->deliver(why);
}

}  // namespace stowage
