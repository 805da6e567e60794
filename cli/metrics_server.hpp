// Serves what CAF's telemetry holds to Prometheus, over HTTP.
//
// Contract: answers from construction to destruction; who connected before waits for it. CAF's own exporter (a part of
// CAF::io) keeps silent where it cannot listen, and names gauges like counters; so only CAF's collector is used.
// Concurrency: a thread of its own, which no actor ever waits for.
// Limits: `connections_max` at a time, further ones wait; a connection lives `connection_time_max` at most, so that
// clients that stall or vanish keep nobody out for long. No TLS and no password: for addresses of this machine.
#pragma once

#include <stowage/resp/listener.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <caf/telemetry/collector/prometheus.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace stowage::cli {

inline constexpr std::size_t connections_max = 16;
inline constexpr std::chrono::seconds connection_time_max{10};

class metrics_server {
 public:
  /// `metrics` outlives it. `time_max` is for one connection.
  metrics_server(const caf::telemetry::metric_registry& metrics, resp::listener clients,
                 std::chrono::milliseconds time_max = connection_time_max);
  metrics_server(const metrics_server&) = delete;
  metrics_server& operator=(const metrics_server&) = delete;
  ~metrics_server();

  /// With the port it has got.
  [[nodiscard]] const endpoint& where() const noexcept { return clients_.where; }

 private:
  using clock = std::chrono::steady_clock;

  struct connection {
    descriptor socket;
    clock::time_point ends_at;
    std::string received;
    std::string answer;
    std::size_t sent = 0;
    bool is_over = false;

    [[nodiscard]] bool is_answered() const noexcept { return !answer.empty(); }
    [[nodiscard]] bool is_sent() const noexcept { return is_answered() && sent == answer.size(); }
  };

  void run();
  [[nodiscard]] bool may_accept(clock::time_point now) const noexcept;
  [[nodiscard]] int wait_ms(clock::time_point now) const;
  void accept_more();
  void receive(connection& from);
  static void send(connection& to);
  [[nodiscard]] std::string page();

  const caf::telemetry::metric_registry& metrics_;
  caf::telemetry::collector::prometheus collector_;
  resp::listener clients_;
  std::chrono::milliseconds time_max_;
  /// No descriptor was left for a further connection: it is tried again then.
  clock::time_point rests_until_{};
  std::vector<connection> connections_;
  descriptor stop_;
  std::thread thread_;
};

}  // namespace stowage::cli
