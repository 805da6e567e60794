#include <stowage/cli/metrics_server.hpp>

#include <stowage/cli/metrics_page.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace stowage::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto rest_without_descriptors = 100ms;

// CAF calls a gauge of its own `_total`, which is for counters; such are left out.
class well_named {
 public:
  explicit well_named(caf::telemetry::collector::prometheus& to) noexcept : to_{to} {}

  template <class T>
  void operator()(const caf::telemetry::metric_family* family,
                  const caf::telemetry::metric* instance, const T* value) {
    if (family->is_sum() && is_gauge(value)) return;
    to_(family, instance, value);
  }

 private:
  static bool is_gauge(const caf::telemetry::int_gauge* /*any*/) noexcept { return true; }
  static bool is_gauge(const caf::telemetry::dbl_gauge* /*any*/) noexcept { return true; }
  static bool is_gauge(const void* /*other*/) noexcept { return false; }

  caf::telemetry::collector::prometheus& to_;
};

bool is_for_now(int error) noexcept { return error == EAGAIN || error == EINTR; }

}  // namespace

metrics_server::metrics_server(const caf::telemetry::metric_registry& metrics,
                               resp::listener clients, std::chrono::milliseconds time_max)
    : metrics_{metrics},
      clients_{std::move(clients)},
      time_max_{time_max},
      stop_{::eventfd(0, EFD_CLOEXEC)} {
  invariant(static_cast<bool>(stop_), "an eventfd is there for the asking");
  thread_ = std::thread{[this] { run(); }};
}

metrics_server::~metrics_server() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void metrics_server::run() {
  std::vector<pollfd> watched;
  for (;;) {
    const auto now = clock::now();
    watched.assign({{stop_.get(), POLLIN, 0},
                    {clients_.socket.get(), static_cast<short>(may_accept(now) ? POLLIN : 0), 0}});
    for (const auto& c : connections_) {
      const bool has_more = c.is_answered() && !c.is_sent();
      watched.push_back({c.socket.get(), static_cast<short>(has_more ? POLLOUT : POLLIN), 0});
    }
    (void)::poll(watched.data(), watched.size(), wait_ms(now));
    if (watched[0].revents != 0) return;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      const auto happened = watched[i + 2].revents;
      auto& c = connections_[i];
      if ((happened & POLLOUT) != 0)
        send(c);
      else if (happened != 0)
        receive(c);
      c.is_over = c.is_over || c.ends_at <= clock::now();
    }
    std::erase_if(connections_, [](const connection& c) { return c.is_over; });
    if (watched[1].revents != 0) accept_more();
  }
}

bool metrics_server::may_accept(clock::time_point now) const noexcept {
  return connections_.size() < connections_max && rests_until_ <= now;
}

// Until the first connection has to end, or the rest is over; -1 if nothing is to be waited for but events.
int metrics_server::wait_ms(clock::time_point now) const {
  auto until = clock::time_point::max();
  for (const auto& c : connections_) until = std::min(until, c.ends_at);
  if (rests_until_ > now) until = std::min(until, rests_until_);
  if (until == clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void metrics_server::accept_more() {
  while (connections_.size() < connections_max) {
    descriptor socket{
        ::accept4(clients_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket.is_open()) {
      // What is left may be nobody, or somebody for whom there is no descriptor now.
      if (!is_for_now(errno)) rests_until_ = clock::now() + rest_without_descriptors;
      return;
    }
    connection c;
    c.socket = std::move(socket);
    c.ends_at = clock::now() + time_max_;
    connections_.push_back(std::move(c));
  }
}

void metrics_server::receive(connection& from) {
  std::array<char, 4096> buffer{};
  const auto got = ::recv(from.socket.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && is_for_now(errno)) return;
  if (got <= 0) {
    from.is_over = true;
    return;
  }
  // What comes behind the request is not of interest, but a connection that is closed with bytes unread may lose its
  // answer: they are read until the client has closed as well.
  if (from.is_answered()) return;
  from.received.append(buffer.data(), static_cast<std::size_t>(got));
  auto answer = answer_to(from.received, [this] { return page(); });
  if (!answer) return;
  from.answer = *std::move(answer);
  send(from);
}

void metrics_server::send(connection& to) {
  const auto gone =
      ::send(to.socket.get(), to.answer.data() + to.sent, to.answer.size() - to.sent, MSG_NOSIGNAL);
  if (gone < 0) {
    to.is_over = !is_for_now(errno);
    return;
  }
  to.sent += static_cast<std::size_t>(gone);
  if (to.is_sent()) (void)::shutdown(to.socket.get(), SHUT_WR);
}

std::string metrics_server::page() {
  if (collector_.begin_scrape()) {
    well_named to{collector_};
    metrics_.collect(to);
    collector_.end_scrape();
  }
  const auto text = collector_.str();
  return {text.data(), text.size()};
}

}  // namespace stowage::cli
