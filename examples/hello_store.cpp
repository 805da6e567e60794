// Embedding: a store in your own actor system, used by an actor of yours and by code without actors.
//
//   hello-store DIRECTORY      run it twice: the second run reads what the first wrote

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/all.hpp>

#include <caf/caf_main.hpp>

#include <iostream>

namespace {

using namespace stowage;

// An actor of yours: counts its visits in the store and tells once the count is durable.
caf::behavior visitor(caf::event_based_actor* self, const store_actor& store) {
  return {
      [self, store](const std::string& name) {
        compat::request(self, store, get_request{name})
            .then(
                [self, store, name](const block_value& found) {
                  const auto visits = std::stoul(std::string{found.value.text()}) + 1;
                  // Only if nobody else counted meanwhile.
                  compat::request(self, store,
                                  put_request{name, payload{std::to_string(visits)}, {}, found.ver})
                      .then([self, visits](const receipt& r) {
                        std::cout << "visit " << visits << ", version " << r.ver.value
                                  << ", survives power loss\n";
                        self->quit();
                      });
                },
                [self, store, name](const caf::error& why) {
                  if (!(why == errc::not_found)) return self->quit(why);
                  compat::request(self, store, put_request{name, payload{std::string{"1"}}, {}, {}})
                      .then([self](const receipt&) {
                        std::cout << "first visit\n";
                        self->quit();
                      });
                });
      },
  };
}

int fail_with(const failure& why) {
  std::cerr << "hello-store: " << describe(why) << '\n';
  return 1;
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) {
  const auto arguments = stowage::compat::arguments(config);
  if (arguments.size() != 1) {
    std::cerr << "hello-store: one argument, please: the directory of the store\n";
    return 1;
  }
  store_options options;
  options.path = arguments.front() + "/hello.stow";
  options.create = true;
  auto opened = open_store(system, options);
  if (!opened) return fail_with(opened.error());

  {
    caf::scoped_actor self{system};
    const auto guest = self->spawn(visitor, opened->handle);
    compat::anon_send(guest, std::string{"visits"});
    self->wait_for(guest);
  }

  // Code without actors takes the blocking client.
  store_client client{system, opened->handle};
  const auto listed = client.list({});
  if (listed)
    for (const auto& block : listed->blocks)
      std::cout << block.name << ": " << block.size << " bytes\n";

  // Closing drains: what was accepted is durable when it returns. An open store would keep the system waiting, so it
  // comes before any return.
  const auto closed = client.close();
  if (!listed) return fail_with(listed.error());
  return closed ? 0 : fail_with(closed.error());
}

CAF_MAIN(caf::id_block::stowage)
