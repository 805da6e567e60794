// What somebody else's program does: opens a store in its own actor system, asks an actor of its own to count in it, and
// reads the count with the blocking client. Run twice, the second run says 2.

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/all.hpp>

#include <caf/scoped_actor.hpp>

#include <iostream>

namespace {

using namespace stowage;

caf::behavior counter(caf::event_based_actor* self, const store_actor& store, version seen,
                      std::uint64_t count) {
  return {
      [self, store, seen, count](const std::string& name) {
        compat::request(
            self, store,
            put_request{name, payload{std::to_string(count)}, durability::durable, seen})
            .then([self](const receipt&) { self->quit(); });
      },
  };
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) {
  store_options options;
  options.path = compat::arguments(config).front();
  options.create = true;
  auto opened = open_store(system, options);
  if (!opened) {
    std::cerr << describe(opened.error()) << '\n';
    return 1;
  }
  store_client client{system, opened->handle};
  const auto before = client.get("visits");
  if (!before && before.error().code != errc::not_found) return 1;
  const auto visits = before ? std::stoul(std::string{before->value.text()}) + 1 : 1;
  {
    caf::scoped_actor self{system};
    const auto who = self->spawn(counter, opened->handle, before ? before->ver : version{}, visits);
    compat::anon_send(who, std::string{"visits"});
    self->wait_for(who);
  }
  const auto after = client.get("visits");
  if (!after) return 1;
  std::cout << "visits: " << after->value.text() << '\n';
  return client.close().ok() ? 0 : 1;
}

CAF_MAIN(caf::id_block::stowage)
