#include <stowage/resp/resp_front.hpp>

#include <stowage/resp/socket_loop.hpp>

#include <utility>

namespace stowage::resp {

resp_front::resp_front(caf::actor_system& system, const store_actor& store, listener clients,
                       const resp_options& options, const store_options& of_store,
                       std::uint64_t clients_max)
    : loop_{std::make_unique<socket_loop>(
          system, store, std::move(clients),
          socket_loop::setup{options, of_store.level, of_store.credit, clients_max})},
      thread_{[this] { loop_->run(); }} {}

resp_front::~resp_front() { stop(std::chrono::milliseconds{0}); }

void resp_front::stop(std::chrono::milliseconds at_most) {
  if (!thread_.joinable()) return;
  loop_->stop(at_most);
  thread_.join();
  loop_.reset();
}

}  // namespace stowage::resp
