// An event log with snapshots: the balance of an account is what its events add up to.
//
//   event-log DIRECTORY
//
// What to learn from it: a transaction writes an event and moves the head of the log, or neither; what it expects of the
// head keeps two writers from overwriting each other; a list by prefix reads events in their order; a snapshot and the
// removal of what it makes superfluous are one transaction, so no crash leaves both or none.

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/all.hpp>

#include <caf/caf_main.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace stowage;

/// The value of what cannot reasonably fail here; the example ends if it does.
template <class T>
T expect(result<T> outcome) {
  if (!outcome) throw std::runtime_error{describe(outcome.error())};
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

/// Names of events are in the order of their numbers.
std::string event_name(std::int64_t number) {
  const auto digits = std::to_string(number);
  return "event/" + std::string(20 - digits.size(), '0') + digits;
}

class account_log {
 public:
  account_log(caf::actor_system& system, store_actor store) : client_{system, std::move(store)} {}
  /// A store that is left open keeps the actor system alive.
  ~account_log() { (void)client_.close(); }
  void close() { expect(client_.close()); }

  /// What is in the log. If others write meanwhile it is of no use, and `head` makes sure that nobody uses it.
  struct state {
    std::int64_t events = 0;
    version head;
    std::int64_t balance = 0;
  };

  state read() {
    const auto [count, head] = number_in("head");
    state now{count, head, number_in("snapshot").first};
    for (const auto& event : events()) now.balance += number_in(event.name).first;
    return now;
  }

  /// Fails with `conflict` if the log is no longer as it was `seen`.
  [[nodiscard]] result<commit_receipt> append(const state& seen, std::int64_t amount) {
    transaction t;
    t.expect("head", seen.head)
        .put(event_name(seen.events + 1), payload{std::to_string(amount)})
        .put("head", payload{std::to_string(seen.events + 1)});
    return client_.commit(std::move(t));
  }

  /// Whoever comes second looks again.
  void append_whatever_others_do(std::int64_t amount) {
    auto done = append(read(), amount);
    while (!done && done.error().code == errc::conflict) done = append(read(), amount);
    (void)expect(std::move(done));
  }

  /// The balance becomes a block, and the events in it are gone.
  void compact() {
    const auto now = read();
    transaction t;
    t.expect("head", now.head)
        .put("snapshot", payload{std::to_string(now.balance)})
        .put("head", payload{std::to_string(now.events)});
    for (const auto& event : events()) t.remove(event.name);
    (void)expect(client_.commit(std::move(t)));
  }

  std::vector<block_stat> events() {
    std::vector<block_stat> all;
    for (std::string after;; after = all.back().name) {
      const auto page = expect(client_.list({"event/", after, 25}));
      all.insert(all.end(), page.blocks.begin(), page.blocks.end());
      if (!page.more) return all;
    }
  }

  void show(const char* when) {
    const auto now = read();
    std::cout << when << ": balance " << now.balance << " after " << now.events << " events, "
              << events().size() << " of them to read\n";
  }

 private:
  /// 0, of version 0, where there is no such block.
  std::pair<std::int64_t, version> number_in(const std::string& name) {
    const auto found = client_.get(name);
    if (!found && found.error().code == errc::not_found) return {};
    return {std::stoll(std::string{expect(found).value.text()}), found->ver};
  }

  store_client client_;
};

void run(caf::actor_system& system, const std::string& directory) {
  store_options options;
  options.path = directory + "/events.stow";
  options.create = true;
  account_log ann{system, expect(open_store(system, options)).handle};
  for (int i = 1; i <= 60; ++i) ann.append_whatever_others_do(i % 10 == 0 ? -20 : 5);
  ann.show("written");

  // Two writers have seen the same log: one of them is told.
  const auto seen = ann.read();
  (void)expect(ann.append(seen, 100));
  const auto second = ann.append(seen, 1000);
  std::cout << "second writer: " << (second ? "ok" : describe(second.error())) << '\n';
  ann.append_whatever_others_do(1000);
  ann.show("both written");

  ann.compact();
  ann.show("compacted");
  ann.append_whatever_others_do(1);
  ann.show("and one more");
  ann.close();
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) try {
  const auto arguments = stowage::compat::arguments(config);
  if (arguments.size() != 1)
    throw std::runtime_error{"one argument, please: the directory of the store"};
  run(system, arguments.front());
  return 0;
} catch (const std::exception& why) {
  std::cerr << "event-log: " << why.what() << '\n';
  return 1;
}

CAF_MAIN(caf::id_block::stowage)
