// Runs a store until a signal ends it.
//
// The one line on stdout, `ready: path=PATH blocks=N resp=HOST:PORT metrics=HOST:PORT`, comes when the store serves;
// bytes of PATH outside printable ASCII, blanks and `\` are `\xHH`, and what is not served is not there.
#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/cli/metrics_server.hpp>
#include <stowage/cli/stop_signals.hpp>
#include <stowage/config/endpoint.hpp>
#include <stowage/resp/listener.hpp>
#include <stowage/resp/resp_front.hpp>
#include <stowage/storage/device/posix_directories.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace stowage::cli {

namespace {

using namespace std::chrono_literals;

// Answers under way when it is stopped have so long to reach their clients.
constexpr auto clients_drain_max = 5s;

std::string ready_line(const std::string& path, std::uint64_t blocks, const std::string& resp,
                       const std::string& metrics) {
  std::string shown;
  for (const char c : show_name(path)) {
    if (c == ' ')
      shown += "\\x20";
    else
      shown += c;
  }
  return fmt::format("ready: path={} blocks={}{}{}\n", shown, blocks,
                     resp.empty() ? "" : " resp=" + resp,
                     metrics.empty() ? "" : " metrics=" + metrics);
}

/// Who is served at an address.
struct audience {
  const char* who;
  const char* key;
};
constexpr audience redis_clients{"Redis clients", "stowage.resp.listen"};
constexpr audience metrics_readers{"metrics", "stowage.metrics.listen"};

// Where they connect; they wait there until the store is open. Nothing where it cannot be listened on, which was
// complained about then.
std::optional<resp::listener> listen(const std::string& where, const audience& of, console& con) {
  auto opened = resp::open_listener(*parse_endpoint(where));
  if (opened) return *std::move(opened);
  con.complain(
      where,
      fmt::format("{} cannot be served here ({})", of.who, std::strerror(opened.error().os_error)),
      fmt::format("stop whoever uses the address, or set {} to another", of.key),
      exit_code::failed);
  return std::nullopt;
}

class server {
 public:
  server(live_store& store, const settings& config, stop_signals& signals, console& con)
      : store_{store}, path_{config.store.path}, config_{config}, signals_{signals}, con_{con} {}

  void run(std::optional<resp::listener> clients, std::optional<resp::listener> for_metrics) {
    std::string resp;
    if (clients) {
      resp = to_string(clients->where);
      serve_clients(*std::move(clients));
    }
    std::string metrics;
    if (for_metrics) {
      metrics = to_string(for_metrics->where);
      metrics_ =
          std::make_unique<metrics_server>(store_.system().metrics(), *std::move(for_metrics));
    }
    con_.print(ready_line(path_, store_.report().blocks, resp, metrics));
    con_.flush();
    while (signals_.wait(1s) != woken_by::signal)
      if ((failed_ = failed())) break;
    drain();
  }

 private:
  void serve_clients(resp::listener clients) {
    const auto descriptors = resp::raise_descriptor_limit();
    const auto clients_max =
        descriptors > resp::descriptors_kept ? descriptors - resp::descriptors_kept : 1;
    front_ =
        std::make_unique<resp::resp_front>(store_.system(), store_.handle(), std::move(clients),
                                           config_.resp, config_.store, clients_max);
  }

  // A store that takes no more writes is for a supervisor to see.
  bool failed() {
    const auto status = store_.client().status();
    if (!status) {
      con_.complain(path_, status.error());
      return true;
    }
    if (status.value().state != "poisoned") return false;
    con_.complain(path_, fail(errc::poisoned, status.value().cause));
    return true;
  }

  void drain() {
    if (!failed_) con_.log(path_, "stopping");
    result<void> closed;
    std::thread closing{[&] {
      // First those who ask, then what they ask.
      if (front_) front_->stop(clients_drain_max);
      closed = store_.close();
      signals_.notify();
    }};
    for (auto why = signals_.wait(1h); why != woken_by::notice; why = signals_.wait(1h))
      if (why == woken_by::signal) leave_at_once();
    closing.join();
    // What made it fail was complained about before.
    if (!closed && !failed_) con_.complain(path_, closed.error());
  }

  [[noreturn]] void leave_at_once() {
    con_.complain(path_, "a second signal ended it before everything was durable",
                  "what was answered durable is; look at the rest before trying again",
                  exit_code::failed);
    // The actors are at work: no destructor may run.
    std::_Exit(static_cast<int>(exit_code::failed));
  }

  live_store& store_;
  const std::string& path_;
  const settings& config_;
  stop_signals& signals_;
  console& con_;
  std::unique_ptr<resp::resp_front> front_;
  std::unique_ptr<metrics_server> metrics_;
  bool failed_ = false;
};

}  // namespace

void run(const serve_command& what, console& con) {
  settings config;
  if (what.config_file) {
    auto loaded = load_config(*what.config_file);
    if (!loaded) {
      con.complain_line(loaded.error().detail, exit_code::usage);
      return;
    }
    config = *std::move(loaded);
  }
  // Whoever read the ready line or the log may go away; the store stays.
  (void)std::signal(SIGPIPE, SIG_IGN);
  stop_signals signals;
  std::optional<resp::listener> clients;
  if (!config.resp.listen.empty() && !(clients = listen(config.resp.listen, redis_clients, con)))
    return;
  std::optional<resp::listener> for_metrics;
  if (!config.metrics.listen.empty() &&
      !(for_metrics = listen(config.metrics.listen, metrics_readers, con)))
    return;
  const auto& path = config.store.path;
  if (config.store.create && config.store.device == device_kind::posix) {
    if (auto made = make_directories_for(path); !made) {
      con.complain(path, made.error());
      return;
    }
  }
  const auto store = open_live(config, con);
  if (store) server{*store, config, signals, con}.run(std::move(clients), std::move(for_metrics));
}

}  // namespace stowage::cli
