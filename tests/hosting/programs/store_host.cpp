// A process whose store others reach through CAF's middleman: tests/hosting/remote_handle_test.cpp starts it.
//
//   store-host PATH      says the port it has on the loopback; closes the store and ends when it is sent a line

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/all.hpp>

#include <caf/io/middleman.hpp>

#include <iostream>
#include <string>

namespace {

int complain(const std::string& what) {
  std::cerr << "store-host: " << what << '\n';
  return 1;
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) {
  using namespace stowage;
  store_options options;
  options.path = compat::arguments(config).front();
  options.create = true;
  auto opened = open_store(system, options);
  if (!opened) return complain(describe(opened.error()));
  const auto port = system.middleman().publish(opened->handle, 0, "127.0.0.1");
  if (!port) return complain(to_string(port.error()));
  std::cout << *port << std::endl;
  std::string line;
  std::getline(std::cin, line);
  (void)system.middleman().unpublish(opened->handle, *port);
  store_client client{system, opened->handle};
  const auto closed = client.close();
  // Another process may have closed it before.
  return closed || closed.error().code == errc::closed ? 0 : complain(describe(closed.error()));
}

CAF_MAIN(caf::id_block::stowage, caf::io::middleman)
