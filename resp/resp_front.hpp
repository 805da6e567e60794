// The Redis front of a store: serves it to clients that speak RESP.
//
// Contract: clients are served from its construction on, until `stop`, which takes nothing new, answers what is under
// way as far as the time reaches, and closes every connection. Stop it before the store is closed.
// Concurrency: one thread starts and stops it; it has a thread and an actor of its own.
// Limits: a store served by several fronts, or written by others as well, keeps every promise but one: that MGET
// and other reads of several blocks outside of transactions are of one moment.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/resp/listener.hpp>
#include <stowage/resp/resp_options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

namespace stowage::resp {

class socket_loop;

/// Descriptors that are kept for the store and everything else.
inline constexpr std::uint64_t descriptors_kept = 64;

class resp_front {
 public:
  /// `clients_max` is at least 1.
  resp_front(caf::actor_system& system, const store_actor& store, listener clients,
             const resp_options& options, const store_options& of_store, std::uint64_t clients_max);
  resp_front(const resp_front&) = delete;
  resp_front& operator=(const resp_front&) = delete;
  /// Stops at once.
  ~resp_front();

  void stop(std::chrono::milliseconds at_most);

 private:
  std::unique_ptr<socket_loop> loop_;
  std::thread thread_;
};

}  // namespace stowage::resp
