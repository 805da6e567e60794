// A cache of sessions: an actor that answers from memory, writes behind, and reads back what it does not know.
//
//   session-cache DIRECTORY
//
// What to learn from it: `accepted` puts answer from memory, and the store makes them durable within 50 ms; a block may
// say when it ends; whoever has no session in memory asks the store; closing makes everything accepted durable.

#include <stowage/actors/runtime.hpp>
#include <stowage/messages/all.hpp>

#include <caf/caf_main.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace stowage;

// A session is a token, whose it is, and when it ends (Unix time in ms).
using session = std::pair<std::string, std::uint64_t>;
using session_actor =
    caf::typed_actor<caf::result<void>(caf::put_atom, std::string token, std::string user,
                                       std::uint64_t ends_at_ms),
                     caf::result<std::string>(caf::get_atom, std::string token),
                     caf::result<void>(caf::delete_atom, std::string token)>;

std::uint64_t now_ms() {
  using namespace std::chrono;
  const auto now = system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(now).count());
}

session_actor::behavior_type sessions(session_actor::pointer self, const store_actor& store) {
  auto known = std::make_shared<std::map<std::string, session>>();
  return {[=](caf::put_atom, const std::string& token, const std::string& user,
              std::uint64_t ends_at_ms) -> caf::result<void> {
            (*known)[token] = {user, ends_at_ms};
            auto promise = self->make_response_promise<void>();
            put_request put{"session/" + token, payload{user}, durability::accepted, {}};
            put.expires_at_ms = ends_at_ms;
            compat::request(self, store, std::move(put))
                .then([=](const receipt&) mutable { promise.deliver(); },
                      [=](const caf::error& why) mutable {
                        // What the store did not take, the cache does not know either.
                        known->erase(token);
                        promise.deliver(why);
                      });
            return promise;
          },
          [=](caf::get_atom, const std::string& token) -> caf::result<std::string> {
            if (const auto hit = known->find(token); hit != known->end()) {
              if (now_ms() < hit->second.second) return hit->second.first;
              known->erase(hit);
              return caf::make_error(errc::not_found);
            }
            auto promise = self->make_response_promise<std::string>();
            compat::request(self, store, get_request{"session/" + token})
                .then(
                    [=](const block_value& found) mutable {
                      (*known)[token] = {std::string{found.value.text()}, found.expires_at_ms};
                      promise.deliver(std::string{found.value.text()} + " (read back)");
                    },
                    [=](const caf::error& why) mutable { promise.deliver(why); });
            return promise;
          },
          [=](caf::delete_atom, const std::string& token) -> caf::result<void> {
            known->erase(token);
            auto promise = self->make_response_promise<void>();
            compat::request(self, store,
                            delete_request{"session/" + token, durability::accepted, {}})
                .then([=](const receipt&) mutable { promise.deliver(); },
                      [=](const caf::error& why) mutable { promise.deliver(why); });
            return promise;
          }};
}

store_actor open(caf::actor_system& system, const std::string& directory) {
  store_options options;
  options.path = directory + "/sessions.stow";
  options.create = true;
  auto opened = open_store(system, options);
  if (!opened) throw std::runtime_error{describe(opened.error())};
  return opened->handle;
}

/// One request, waited for; `T` is what it is answered with.
template <class T, class... Ts>
void show(caf::scoped_actor& self, const session_actor& cache, const char* what, Ts... xs) {
  std::cout << what << ": ";
  auto waiting = compat::request(self.ptr(), cache, std::move(xs)...);
  const auto failed = [](const caf::error& why) { std::cout << describe(to_failure(why)) << '\n'; };
  if constexpr (std::is_void_v<T>)
    std::move(waiting).receive([] { std::cout << "done\n"; }, failed);
  else
    std::move(waiting).receive([](const T& answer) { std::cout << answer << '\n'; }, failed);
}

void close(caf::scoped_actor& self, const session_actor& cache, const store_actor& store) {
  caf::anon_send_exit(cache, caf::exit_reason::user_shutdown);
  compat::request(self.ptr(), store, close_request{})
      .receive([] { std::cout << "closed\n"; },
               [](const caf::error& why) { throw std::runtime_error{caf::to_string(why)}; });
}

void run(caf::actor_system& system, const std::string& directory) {
  using std::string;
  caf::scoped_actor self{system};
  auto store = open(system, directory);
  auto cache = self->spawn(sessions, store);
  const auto sign_in = [&](const char* user, const char* token, std::uint64_t end) {
    show<void>(self, cache, user, caf::put_atom_v, string{token}, string{user}, end);
  };
  const auto whose = [&](const char* token) {
    show<string>(self, cache, token, caf::get_atom_v, string{token});
  };
  sign_in("ann", "a1", now_ms() + 3'600'000);
  sign_in("bob", "b2", now_ms() + 3'600'000);
  sign_in("cy, whose session is over", "c3", now_ms());
  for (const auto* token : {"a1", "c3"}) whose(token);
  show<void>(self, cache, "bob signs out", caf::delete_atom_v, string{"b2"});
  close(self, cache, store);

  // Another day: the memory is empty, the store is not.
  store = open(system, directory);
  cache = self->spawn(sessions, store);
  for (const auto* token : {"a1", "a1", "b2", "c3"}) whose(token);
  close(self, cache, store);
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) try {
  const auto arguments = stowage::compat::arguments(config);
  if (arguments.size() != 1)
    throw std::runtime_error{"one argument, please: the directory of the store"};
  run(system, arguments.front());
  return 0;
} catch (const std::exception& why) {
  std::cerr << "session-cache: " << why.what() << '\n';
  return 1;
}

CAF_MAIN(caf::id_block::stowage)
