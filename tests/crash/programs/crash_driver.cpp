// crash-driver: clients at work on a real store until somebody kills them, or until they are done.
//
//   crash-driver --store PATH --seed N --life N [--clients N] [--requests N] [--sync-mode M] [--wait]
//
// Each client, on a thread of its own, sends random requests and says on stdout what it asks before it asks
// and what it hears after it hears it (tests/support/client_event.hpp). What it asks, and how the store is
// run where that is left open, follow from seed and life. With --wait the clients begin once a line comes in
// on stdin.
//
// Exit code: 0 closed in order, 3 the store failed, 2 for a wrong command line.
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/tests/support/client_event.hpp>
#include <stowage/tests/support/history_recorder.hpp>
#include <stowage/tests/support/stamped_value.hpp>

#include <CLI/CLI.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace stowage;
using namespace stowage::test;
using kind = client_event_kind;

struct command_line {
  std::string store;
  std::uint64_t seed = 1;
  std::uint64_t life = 1;
  std::uint64_t clients = 4;
  std::uint64_t requests = 100;
  /// Empty: any.
  std::string mode;
  bool waits = false;
};

/// One write of a whole line: the reader never sees half of one.
void say(const client_event& event) {
  const auto line = encode(event);
  while (::write(STDOUT_FILENO, line.data(), line.size()) < 0)
    if (errno != EINTR) std::_Exit(1);  // nobody listens any more
}

client_event simple(kind what) {
  client_event e;
  e.what = what;
  return e;
}

client_event failed(const failure& why) {
  auto e = simple(kind::failed);
  e.answers = {{{}, why.code, why.actual}};
  return e;
}

class client {
 public:
  client(const command_line& how, std::uint64_t number, const store_client& store)
      : how_{how},
        number_{number},
        store_{store.for_another_thread()},
        random_{how.seed * 1'000'003 + how.life * 1009 + number} {}

  void run() {
    unsigned all = 0;
    for (const auto& r : table) all += r.weight;
    while (request_ < how_.requests && !store_failed_) {
      ++request_;
      auto choice = below(all);
      const auto* r = table.data();
      while (choice >= r->weight) choice -= r++->weight;
      (this->*r->send)();
    }
  }

  [[nodiscard]] bool store_failed() const noexcept { return store_failed_; }

 private:
  /// What is asked for, and how often. Another kind of request is one more row.
  struct row {
    unsigned weight;
    void (client::*send)();
  };
  static const std::array<row, 9> table;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::string any_name() {
    const auto n = below(48);
    auto name = "n" + std::to_string(n);
    if (n % 12 == 0) name.resize(150, 'x');
    return name;
  }
  durability any_level() { return one_in(3) ? durability::durable : durability::accepted; }

  std::uint64_t any_bytes(std::uint64_t end) {
    std::uint64_t bytes = 0;
    switch (below(100)) {
      case 0: bytes = limits::mib + below(2 * limits::mib); break;
      case 1:
      case 2:
      case 3:
      case 4: bytes = 20'000 + below(300'000); break;
      case 5:
      case 6: return 0;
      default: bytes = one_in(3) ? 1000 + below(20'000) : stamped_bytes_min + below(1000);
    }
    return std::max(stamped_bytes_min, bytes % end);
  }

  std::optional<version> any_expectation(const std::string& name) {
    if (!one_in(6)) return std::nullopt;
    return one_in(3) ? version{} : known_[name];
  }

  std::string new_stamp(std::size_t index, std::uint64_t bytes) const {
    return make_stamp(how_.life, number_, request_, index, bytes);
  }

  client_event about(kind what) const {
    auto e = simple(what);
    e.client = number_;
    e.request = request_;
    return e;
  }

  void say_ask(durability level, bool whole, std::vector<written> writes) {
    asked_ = about(kind::ask);
    asked_.durable = level == durability::durable;
    asked_.whole = whole;
    asked_.blocks = std::move(writes);
    say(asked_);
  }

  void say_got(const std::vector<version>& versions, durability reached, durability level) {
    auto e = about(kind::got);
    for (const auto v : versions) e.answers.push_back({v, errc::none, {}});
    learn(e.answers);
    if (reached != level) e = about_failure(kind::refused, fail(errc::outcome_unknown));
    say(e);
  }

  void learn(const std::vector<write_answer>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (answers[i].why == errc::none)
        known_[asked_.blocks[i].name] = asked_.blocks[i].value ? answers[i].ver : version{};
  }

  client_event about_failure(kind what, const failure& why) {
    auto e = about(what);
    e.answers = {{{}, why.code, why.actual}};
    e.name = why.name;
    note(why.code);
    return e;
  }

  // After these nothing more can be done with the store.
  void note(errc code) {
    switch (code) {
      case errc::conflict:
      case errc::not_found:
      case errc::no_space:
      case errc::overloaded:
      case errc::limit_exceeded: return;
      default: store_failed_ = true;
    }
  }

  // -- requests -----------------------------------------------------------------------------------------

  void put() {
    const auto name = any_name();
    const auto level = any_level();
    const auto expected = any_expectation(name);
    const auto stamp = new_stamp(0, any_bytes(UINT64_MAX));
    payload value{value_of(stamp)};
    say_ask(level, true, {{name, stamp, {}}});
    const auto done = store_.put(name, std::move(value), level, expected);
    if (!done) return say(about_failure(kind::refused, done.error()));
    say_got({done->ver}, done->reached, level);
  }

  void remove() {
    const auto name = any_name();
    const auto level = any_level();
    const auto expected = any_expectation(name);
    say_ask(level, true, {{name, std::nullopt, {}}});
    const auto done = store_.remove(name, level, expected);
    if (!done) return say(about_failure(kind::refused, done.error()));
    say_got({done->ver}, done->reached, level);
  }

  void put_many() {
    const auto level = any_level();
    std::vector<single_write> writes;
    std::vector<written> said;
    // Rarely many: the journal is to grow too.
    for (auto n = 1 + below(one_in(5) ? 60 : 8); n > 0; --n) {
      auto name = n > 20 ? "n" + std::to_string(1 + below(11)) : any_name();
      if (one_in(4)) {
        said.push_back({name, std::nullopt, {}});
        writes.push_back({std::move(name), {}, true, {}});
      } else {
        auto stamp = new_stamp(said.size(), any_bytes(50'000));
        const auto expected = any_expectation(name);
        said.push_back({name, stamp, {}});
        writes.push_back({std::move(name), payload{value_of(stamp)}, false, expected});
      }
    }
    say_ask(level, false, std::move(said));
    const auto done = store_.put_many(std::move(writes), level);
    if (!done) return say(about_failure(kind::refused, done.error()));
    auto e = about(kind::got);
    for (const auto v : done->versions) e.answers.push_back({v, errc::none, {}});
    for (const auto& refused : done->failures) {
      e.answers[refused.at] = {{}, refused.why.code, refused.why.actual};
      note(refused.why.code);
    }
    learn(e.answers);
    say(e);
  }

  void commit() {
    const auto level = any_level();
    transaction t;
    std::vector<written> said;
    for (auto n = 2 + below(5); n > 0; --n) {
      auto name = any_name();
      if (const auto expected = any_expectation(name); expected && one_in(2))
        t.expect(name, *expected);
      if (one_in(5)) {
        t.remove(name);
        said.push_back({std::move(name), std::nullopt, {}});
      } else {
        // An empty value has no stamp, and of a transaction each part is to be known again.
        auto stamp = new_stamp(said.size(), std::max(stamped_bytes_min, any_bytes(100'000)));
        t.put(name, payload{value_of(stamp)});
        said.push_back({std::move(name), std::move(stamp), {}});
      }
    }
    say_ask(level, true, std::move(said));
    const auto done = store_.commit(std::move(t), level);
    if (!done) return say(about_failure(kind::refused, done.error()));
    say_got(done->versions, done->reached, level);
  }

  void flush() {
    say(about(kind::flush));
    const auto done = store_.flush();
    if (!done) return say(about_failure(kind::failed, done.error()));
    say(about(kind::flushed));
  }

  void checkpoint() {
    say(about(kind::checkpoint));
    const auto done = store_.checkpoint();
    if (!done) return say(about_failure(kind::failed, done.error()));
    say(about(kind::checkpointed));
  }

  void compact() {
    say(about(kind::compact));
    const auto done = store_.compact();
    if (!done) return say(about_failure(kind::failed, done.error()));
    // A block that cannot be read is left where it is, and here none has rotted.
    if (!done->unreadable.empty())
      return say(about_failure(kind::failed, done->unreadable.front()));
    say(about(kind::compacted));
  }

  void get() {
    auto e = about(kind::get);
    e.name = any_name();
    say(e);
    const auto found = store_.get(e.name);
    if (!found && found.error().code != errc::not_found)
      return say(about_failure(kind::failed, found.error()));
    e.what = kind::saw;
    if (found) {
      auto stamp = stamp_of(found->value.text());
      e.blocks = {{e.name, stamp ? std::move(*stamp) : "nobody's+0", found->ver}};
      known_[e.name] = found->ver;
    }
    say(e);
  }

  void list() {
    say(about(kind::list));
    const auto found = store_.list({});
    if (!found) return say(about_failure(kind::failed, found.error()));
    auto e = about(kind::listed);
    for (const auto& b : found->blocks) e.blocks.push_back({b.name, std::nullopt, b.ver});
    say(e);
  }

  const command_line& how_;
  const std::uint64_t number_;
  store_client store_;
  std::mt19937_64 random_;
  std::uint64_t request_ = 0;
  /// What this client knows of the versions of blocks.
  std::map<std::string, version> known_;
  client_event asked_;
  bool store_failed_ = false;
};

const std::array<client::row, 9> client::table{{{40, &client::put},
                                                {10, &client::remove},
                                                {6, &client::put_many},
                                                {14, &client::commit},
                                                {6, &client::flush},
                                                {22, &client::get},
                                                {2, &client::list},
                                                {1, &client::checkpoint},
                                                {1, &client::compact}}};

/// How the store is run this time: every life another way.
store_options options_of(const command_line& how) {
  std::mt19937_64 random{how.seed * 7919 + how.life};
  const auto below = [&](std::uint64_t n) { return random() % n; };
  store_options out;
  out.path = how.store;
  out.create = true;
  if (below(3) == 0) out.credit = {.max_ops = 3 + below(20), .max_bytes = 4 * limits::mib};
  if (below(3) == 0) out.batch.max_ops = static_cast<std::uint32_t>(1 + below(10));
  constexpr std::array modes{sync_mode::group, sync_mode::group, sync_mode::two_phase,
                             sync_mode::lazy};
  out.sync.mode = sync_mode_from_name(how.mode).value_or(modes[below(modes.size())]);
  return out;
}

std::string digest_of_all(store_client& store) {
  std::vector<listed_block> listed;
  const auto found = store.list({{}, {}, list_limit_max});
  if (!found) return "none";
  for (const auto& b : found->blocks) listed.push_back({b.name, b.ver, b.size});
  return digest_of(listed);
}

int drive(const command_line& how) {
  register_message_types();
  caf::actor_system_config config;
  config.set("caf.work-stealing.moderate-poll-attempts", std::size_t{0});
  config.set("caf.scheduler.max-threads", std::size_t{2});
  caf::actor_system system{config};

  const auto options = options_of(how);
  say(simple(kind::opening));
  auto opened = open_store(system, options);
  if (!opened) {
    say(failed(opened.error()));
    std::cerr << describe(opened.error()) << '\n';
    return 3;
  }
  store_client store{system, std::exchange(opened->handle, {}), options.credit};
  auto event = simple(kind::opened);
  event.digest = digest_of_all(store);
  say(event);

  if (std::string line; how.waits) std::getline(std::cin, line);
  bool store_failed = false;
  {
    std::vector<std::unique_ptr<client>> clients;
    std::vector<std::thread> threads;
    for (std::uint64_t n = 0; n < how.clients; ++n)
      clients.push_back(std::make_unique<client>(how, n, store));
    for (auto& c : clients) threads.emplace_back([&c] { c->run(); });
    for (auto& t : threads) t.join();
    for (const auto& c : clients) store_failed = store_failed || c->store_failed();
  }

  say(simple(kind::closing));
  if (const auto closed = store.close(); !closed) {
    say(failed(closed.error()));
    std::cerr << describe(closed.error()) << '\n';
    return 3;
  }
  say(simple(kind::closed));
  return store_failed ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  // It must not outlive whoever watches it; and that one may let others trace it.
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  command_line how;
  CLI::App app{"Clients at work on a store, for somebody to kill."};
  app.add_option("--store", how.store, "the store's file; made if it is not there")->required();
  app.add_option("--seed", how.seed, "what they ask")->capture_default_str();
  app.add_option("--life", how.life, "the number of this life of the store")->capture_default_str();
  app.add_option("--clients", how.clients, "threads")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--requests", how.requests, "of each client")->capture_default_str();
  app.add_option("--sync-mode", how.mode, "any, if left out")
      ->check(CLI::IsMember({"group", "two-phase", "lazy"}));
  app.add_flag("--wait", how.waits, "begin when a line comes in");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return drive(how);
}
