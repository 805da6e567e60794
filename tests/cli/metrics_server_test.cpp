// Prometheus gets its page over a socket, and nobody else keeps it from that.
#include <stowage/cli/metrics_page.hpp>
#include <stowage/cli/metrics_server.hpp>
#include <stowage/config/endpoint.hpp>

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace stowage;
using namespace stowage::cli;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view request = "GET /metrics HTTP/1.1\r\n\r\n";

/// A connection whose waits end after a minute, which only ends a hang.
class client {
 public:
  explicit client(const endpoint& to) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    BOOST_REQUIRE(::inet_pton(AF_INET, to.host.c_str(), &address.sin_addr) == 1);
    sockaddr plain{};
    static_assert(sizeof plain == sizeof address);
    std::memcpy(&plain, &address, sizeof plain);
    BOOST_REQUIRE(::connect(socket_.get(), &plain, sizeof plain) == 0);
  }

  void send(std::string_view text) const {
    const auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    BOOST_REQUIRE(sent == static_cast<ssize_t>(text.size()));
  }
  /// What comes until the server has closed.
  [[nodiscard]] std::string rest() const {
    std::string all;
    std::array<char, 4096> buffer{};
    for (;;) {
      pollfd ready{socket_.get(), POLLIN, 0};
      BOOST_REQUIRE(::poll(&ready, 1, 60'000) == 1);
      const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] std::string ask(std::string_view text) const {
    send(text);
    return rest();
  }

 private:
  descriptor socket_;
};

struct served {
  explicit served(std::chrono::milliseconds time_max = 1h) {
    metrics.counter_singleton("test", "events", "Counted by a test.", "1", true)->inc(7);
    auto opened = resp::open_listener({"127.0.0.1", 0, false, true});
    BOOST_REQUIRE(opened.ok());
    server = std::make_unique<metrics_server>(metrics, *std::move(opened), time_max);
  }
  [[nodiscard]] std::unique_ptr<client> connect() const {
    return std::make_unique<client>(server->where());
  }

  caf::telemetry::metric_registry metrics;
  std::unique_ptr<metrics_server> server;
};

struct short_connections : served {
  short_connections() : served{50ms} {}
};

bool is_page(std::string_view text) {
  return text.starts_with("HTTP/1.1 200 OK\r\n") &&
         text.find("\ntest_events_total 7 ") != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_server_suite)

BOOST_FIXTURE_TEST_CASE(the_page_has_what_is_registered_now, served) {
  BOOST_TEST(is_page(connect()->ask(request)));
  metrics.counter_singleton("test", "events", "Counted by a test.", "1", true)->inc();
  BOOST_TEST(connect()->ask(request).find("\ntest_events_total 8 ") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_gauge_that_is_named_like_a_counter_is_left_out, served) {
  metrics.gauge_singleton("test", "level", "A gauge.")->value(3);
  metrics.gauge_singleton("test", "levels", "Named like a counter.", "1", true)->value(4);
  metrics.gauge_singleton<double>("test", "heights", "As well.", "1", true)->value(5);
  const auto page = connect()->ask(request);
  BOOST_TEST(is_page(page));
  BOOST_TEST(page.find("\ntest_level 3 ") != std::string::npos);
  BOOST_TEST(page.find("test_levels") == std::string::npos);
  BOOST_TEST(page.find("test_heights") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_request_may_come_in_pieces, served) {
  const auto slow = connect();
  for (const char c : request.substr(0, request.size() - 1)) slow->send({&c, 1});
  // Others are served meanwhile.
  BOOST_TEST(is_page(connect()->ask(request)));
  BOOST_TEST(is_page(slow->ask(request.substr(request.size() - 1))));
}

BOOST_FIXTURE_TEST_CASE(who_sends_too_much_still_reads_why, served) {
  const auto told = connect()->ask(std::string(16 * request_bytes_max, 'x'));
  BOOST_TEST(told.starts_with("HTTP/1.1 431 "));
}

BOOST_FIXTURE_TEST_CASE(who_vanishes_is_forgotten, served) {
  for (std::size_t i = 0; i < 3 * connections_max; ++i) {
    const auto gone = connect();
    gone->send("GET /metr");
  }
  BOOST_TEST(is_page(connect()->ask(request)));
}

BOOST_FIXTURE_TEST_CASE(who_stalls_keeps_nobody_out_for_long, short_connections) {
  std::vector<std::unique_ptr<client>> stalled;
  for (std::size_t i = 0; i < 2 * connections_max; ++i) stalled.push_back(connect());
  BOOST_TEST(is_page(connect()->ask(request)));
  for (const auto& s : stalled) BOOST_TEST(s->rest() == "");
}

BOOST_FIXTURE_TEST_CASE(who_does_not_read_keeps_nobody_out_for_long, short_connections) {
  // More than sockets hold.
  metrics.counter_singleton("test", "long", std::string(16U << 20U, 'x'), "1", true)->inc();
  const auto deaf = connect();
  deaf->send(request);
  server.reset();
  BOOST_TEST(deaf->rest().size() < 16U << 20U);
}

BOOST_FIXTURE_TEST_CASE(it_ends_with_connections_open, served) {
  const auto open = connect();
  open->send("GET");
  server.reset();
  BOOST_TEST(open->rest() == "");
}

BOOST_AUTO_TEST_CASE(who_came_before_it_is_served) {
  caf::telemetry::metric_registry metrics;
  metrics.counter_singleton("test", "events", "Counted by a test.", "1", true)->inc(7);
  auto opened = resp::open_listener({"127.0.0.1", 0, false, true});
  BOOST_REQUIRE(opened.ok());
  const client early{opened->where};
  early.send(request);
  const metrics_server server{metrics, *std::move(opened)};
  BOOST_TEST(is_page(early.rest()));
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_refused) {
  const auto first = resp::open_listener({"127.0.0.1", 0, false, true});
  BOOST_REQUIRE(first.ok());
  const auto second = resp::open_listener(first->where);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().os_error == EADDRINUSE);
}

BOOST_AUTO_TEST_SUITE_END()
