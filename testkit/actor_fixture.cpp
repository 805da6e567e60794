#include <stowage/testkit/actor_fixture.hpp>

#include <caf/actor_addr.hpp>
#include <caf/send.hpp>

namespace stowage::testkit {

/// Known by its address: a handle would keep it alive.
struct actor_fixture::own_actor {
  caf::actor_addr address;
  std::optional<caf::error> end;
};

actor_fixture::actor_fixture() : sys{det.system()} {}

actor_fixture::~actor_fixture() {
  det.go_on();
  kill_own_actors();
  det.let_timers_go();
}

void actor_fixture::advance(std::chrono::nanoseconds by) {
  det.advance_by_timers(by, [this](std::chrono::nanoseconds piece) { wall_ += piece; });
}

void actor_fixture::adopt(const caf::actor& one) {
  auto known = std::make_shared<own_actor>();
  known->address = one.address();
  own_.push_back(known);
  one->attach_functor([known](const caf::error& why) { known->end = why; });
}

void actor_fixture::kill_own_actors() {
  send_kills();
  det.run();
}

void actor_fixture::send_kills() {
  for (const auto& one : own_)
    if (const auto alive = caf::actor_cast<caf::actor>(one->address))
      caf::anon_send_exit(alive, caf::exit_reason::kill);
}

std::optional<caf::error> actor_fixture::end_of_address(const caf::actor_addr& one) const {
  for (const auto& known : own_)
    if (known->address == one) return known->end;
  throw misuse{"end_of() knows only actors that were spawned with the fixture's spawn()"};
}

}  // namespace stowage::testkit
