// A watch for code without actors: waits for what becomes durable.
//
// Contract: each change is given once by `next`, in the order of versions, or lies in a gap that is (see
// messages/watch.hpp). A wait that runs out loses nothing. The watch ends with the object.
// Concurrency: one thread at a time.
// Limits: never call it from inside an actor: it blocks.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace STOWAGE_EXPORT stowage {

/// Made by `store_client::watch`.
class watcher {
 public:
  /// Fails as a `watch_request` does.
  [[nodiscard]] static result<watcher> begin(caf::actor_system& system, store_actor store,
                                             std::string prefix);

  /// Everything durable later than this is told. List after the watch has begun, and nothing is missed.
  [[nodiscard]] version from() const noexcept { return from_; }

  /// The next changes; nothing if there are none for so long. Fails with closed, or with what made the store fail,
  /// once everything durable was given.
  [[nodiscard]] result<std::optional<change_batch>> next(std::chrono::milliseconds at_most);

 private:
  watcher(caf::actor_system& system, store_actor store)
      : system_{&system}, store_{std::move(store)} {}

  caf::actor_system* system_;
  /// Whose watch it is.
  std::unique_ptr<caf::scoped_actor> owner_;
  store_actor store_;
  std::uint64_t watch_ = 0;
  version from_;
  version through_;
};

}  // namespace stowage
