// Carries requests of the sockets' thread to the store, and answers back.
//
// Contract: requests reach the store in the order they were sent; each is answered exactly once, also where the
// store is gone. Many that are sent together are one message, and answers that come together are one wake-up.
// Concurrency: `send` and `take_answers` for the sockets' thread; everything else happens in an actor.
// Limits: keeps no count of what is under way: whoever sends does.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/resp/session_host.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace stowage::resp {

class courier {
 public:
  struct parcel {
    std::uint64_t id = 0;
    store_request what;
  };
  struct returned {
    std::uint64_t id = 0;
    store_answer what;
  };

  /// `on_answers` is called, from any thread, when there are answers to take after there were none.
  courier(caf::actor_system& system, const store_actor& store, std::function<void()> on_answers);
  courier(const courier&) = delete;
  courier& operator=(const courier&) = delete;
  /// Nothing comes back afterwards.
  ~courier();

  /// Takes them out; what room there was for them is used again.
  void send(std::vector<parcel>& parcels);
  /// Instead of what is there.
  void take_answers(std::vector<returned>& into);

 private:
  struct counter;
  std::shared_ptr<counter> counter_;
  caf::actor actor_;
};

}  // namespace stowage::resp
