#include <stowage/client/watcher.hpp>

#include <stowage/messages/error.hpp>

#include <caf/sec.hpp>

#include <utility>

namespace stowage {

result<watcher> watcher::begin(caf::actor_system& system, store_actor store, std::string prefix) {
  watcher made{system, std::move(store)};
  made.owner_ = std::make_unique<caf::scoped_actor>(system);
  std::optional<failure> refused;
  auto waiting = compat::request(made.owner_->ptr(), made.store_, watch_request{std::move(prefix)});
  std::move(waiting).receive(
      [&](const watch_started& started) {
        made.watch_ = started.watch;
        made.from_ = made.through_ = started.from;
      },
      [&](const caf::error& why) { refused = to_failure(why); });
  if (refused) return *std::move(refused);
  return made;
}

// Each question comes from an actor of its own: an answer that comes too late has nowhere to stay, and is given
// again to the next one.
result<std::optional<change_batch>> watcher::next(std::chrono::milliseconds at_most) {
  std::optional<change_batch> got;
  std::optional<failure> failed;
  caf::scoped_actor asks{*system_};
  auto waiting =
      compat::request_within(asks.ptr(), store_, at_most, next_changes_request{watch_, through_});
  std::move(waiting).receive([&](change_batch& batch) { got = std::move(batch); },
                             [&](const caf::error& why) {
                               if (!(why == caf::sec::request_timeout)) failed = to_failure(why);
                             });
  if (failed) return *std::move(failed);
  if (got) through_ = got->through;
  return got;
}

}  // namespace stowage
