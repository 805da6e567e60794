// A store with its own actor system, set up as the stowage binary does it.
//
// Contract: opens or creates the file; a failure throws std::runtime_error, as everything in the bench does.
// Concurrency: one thread, except what it hands out.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/core/result.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace stowage::bench {

template <class T>
T unwrap(result<T> r) {
  if (!r) throw std::runtime_error{"stowage: " + describe(r.error())};
  if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

[[noreturn]] inline void throw_failure(const caf::error& why) {
  throw std::runtime_error{"stowage: " + describe(to_failure(why))};
}

class running_store {
 public:
  explicit running_store(const store_options& options);
  running_store(const running_store&) = delete;
  running_store& operator=(const running_store&) = delete;
  ~running_store();

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }
  [[nodiscard]] const store_actor& handle() const noexcept { return handle_; }
  [[nodiscard]] store_client& client() noexcept { return *client_; }

 private:
  struct system_config : caf::actor_system_config {
    system_config();
  };

  system_config config_;
  caf::actor_system system_{config_};
  store_actor handle_;
  std::optional<store_client> client_;
};

}  // namespace stowage::bench
