// Runs a store until a signal ends it.
//
// The one line on stdout, `ready: path=PATH blocks=N resp=HOST:PORT metrics=HOST:PORT`, comes when the store serves;
// bytes of PATH outside printable ASCII, blanks and `\` are `\xHH`, and what is not served is not there. Once the
// store is open, stderr is its log. The first signal makes it drain; a further one changes nothing, because it must
// cost no data: only the time for draining ends that.
#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/cli/metrics_server.hpp>
#include <stowage/cli/server_log.hpp>
#include <stowage/cli/service_manager.hpp>
#include <stowage/cli/stop_signals.hpp>
#include <stowage/cli/store_news.hpp>
#include <stowage/config/endpoint.hpp>
#include <stowage/resp/listener.hpp>
#include <stowage/resp/resp_front.hpp>
#include <stowage/storage/device/posix_directories.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
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

// What the console has to say is in the log from now on.
void hand_over(console& con, std::shared_ptr<server_log> log) {
  con.hand_lines_to([log = std::move(log)](line_kind kind, std::string_view line) {
    log->write(level_of(kind), line);
  });
}

std::string opened_line(const open_report& found) {
  return fmt::format("opened: {} blocks, {}", found.blocks,
                     found.created     ? "created"
                     : found.was_clean ? "closed in order before"
                                       : "recovered, because it was not closed in order");
}

class server {
 public:
  server(live_store& store, const settings& config, stop_signals& signals, console& con,
         server_log& log)
      : store_{store},
        path_{config.store.path},
        config_{config},
        signals_{signals},
        con_{con},
        log_{log} {}

  void run(std::optional<resp::listener> clients, std::optional<resp::listener> for_metrics) {
    std::string resp;
    con_.log(path_, opened_line(store_.report()));
    if (clients) {
      resp = to_string(clients->where);
      serve_clients(*std::move(clients));
      con_.log(path_, "listening on " + resp + " for Redis clients");
    }
    std::string metrics;
    if (for_metrics) {
      metrics = to_string(for_metrics->where);
      metrics_ =
          std::make_unique<metrics_server>(store_.system().metrics(), *std::move(for_metrics));
      con_.log(path_, "listening on " + metrics + " for Prometheus");
    }
    con_.print(ready_line(path_, store_.report().blocks, resp, metrics));
    con_.flush();
    told(tell_ready("serving " + path_));
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
    if (status.value().state != "poisoned") {
      tell_news(status.value());
      return false;
    }
    con_.complain(path_, fail(errc::poisoned, status.value().cause));
    return true;
  }

  void tell_news(const store_status& now) {
    if (seen_)
      for (const auto& line : news_of(*seen_, now))
        log_.write(line.level, path_ + ": " + line.text);
    seen_ = now;
  }

  // The service manager goes without a message that does not reach it, and so does the store.
  void told(int error) {
    if (error != 0)
      con_.warn(path_,
                fmt::format("the service manager cannot be told ({})", std::strerror(error)));
  }

  void drain() {
    using std::chrono::steady_clock;
    told(tell_stopping(failed_ ? "failed" : "draining"));
    if (!failed_)
      con_.log(path_, "draining: what is under way is answered, what was accepted becomes durable");
    const auto ends = steady_clock::now() + config_.serve.drain_max;
    result<void> closed;
    std::thread closing{[&] {
      // First those who ask, then what they ask.
      if (front_) front_->stop(clients_drain_max);
      closed = store_.close();
      signals_.notify();
    }};
    for (;;) {
      const auto left = ends - steady_clock::now();
      if (left <= 0s) leave_at_once();
      const auto why = signals_.wait(std::chrono::ceil<std::chrono::milliseconds>(left));
      if (why == woken_by::notice) break;
      if (why == woken_by::signal)
        con_.warn(path_, "it drains already; only the time of drain-max ends that early");
    }
    closing.join();
    if (closed) {
      con_.log(path_, "closed: everything accepted is durable");
      return;
    }
    // What made it fail was complained about before.
    if (!failed_) con_.complain(path_, closed.error());
  }

  [[noreturn]] void leave_at_once() {
    con_.complain(path_, "the time of drain-max was over before everything was durable",
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
  server_log& log_;
  std::unique_ptr<resp::resp_front> front_;
  std::unique_ptr<metrics_server> metrics_;
  /// The last status that was looked at.
  std::optional<store_status> seen_;
  bool failed_ = false;
};

}  // namespace

void run(const serve_command& what, console& con) {
  const auto style = style_of(stderr, std::getenv("JOURNAL_STREAM"));
  // The journal sorts what keeps the store from being opened as well.
  if (style == log_style::journal)
    hand_over(con, std::make_shared<server_log>(stderr, style, serve_options{}.log));
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
  const auto store = live_store::open(config);
  if (!store) {
    con.complain(path, store.error());
    return;
  }
  const auto log = std::make_shared<server_log>(stderr, style, config.serve.log);
  hand_over(con, log);
  warn_of_findings(path, (*store)->report(), con);
  server{**store, config, signals, con, *log}.run(std::move(clients), std::move(for_metrics));
}

}  // namespace stowage::cli
