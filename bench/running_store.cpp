#include <stowage/bench/running_store.hpp>

#include <stowage/actors/runtime.hpp>
#include <stowage/messages/register_types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <thread>

namespace stowage::bench {

// As the stowage binary sets it: idle workers that poll cost a wake of 77 us instead of 7.
running_store::system_config::system_config() {
  register_message_types();
  set("caf.work-stealing.moderate-poll-attempts", std::size_t{0});
  set("caf.scheduler.max-threads", std::size_t{std::max(1U, std::thread::hardware_concurrency())});
}

running_store::running_store(const store_options& options)
    : handle_{unwrap(open_store(system_, options)).handle} {
  client_.emplace(system_, handle_, options.credit);
}

running_store::~running_store() {
  // The figures are out; a store that cannot close would have failed a round before.
  if (auto closed = client_->close(); !closed)
    (void)std::fprintf(stderr, "%s\n", describe(closed.error()).c_str());
}

}  // namespace stowage::bench
