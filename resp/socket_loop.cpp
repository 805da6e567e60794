#include <stowage/resp/socket_loop.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace stowage::resp {

namespace {

using namespace std::chrono_literals;

// No connections have these numbers.
constexpr std::uint64_t wake_id = UINT64_MAX;
constexpr std::uint64_t listener_id = UINT64_MAX - 1;

constexpr std::size_t read_bytes = 64 * limits::kib;
// So that nobody keeps the others waiting.
constexpr int reads_in_a_row_max = 4;
constexpr int accepts_in_a_row_max = 64;
constexpr std::size_t pieces_in_a_row = 64;
// Larger values are left to the store's readers: to copy and verify them would keep all other connections waiting.
constexpr std::uint64_t looked_at_bytes_max = 256 * limits::kib;
// Without descriptors for new clients, how soon it looks again.
constexpr int look_again_ms = 100;

descriptor require(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
  return descriptor{fd};
}

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

std::string show(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    (void)::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string{text.data()} + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  (void)::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return std::string{text.data()} + ":" + std::to_string(ntohs(v4.sin_port));
}

std::string new_run_id(std::mt19937_64& random) {
  std::string id;
  for (int i = 0; i < 40; ++i) id += "0123456789abcdef"[random() % 16];
  return id;
}

}  // namespace

socket_loop::socket_loop(caf::actor_system& system, const store_actor& store, listener clients,
                         setup how)
    : poll_{require(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wake_{require(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")},
      listener_{std::move(clients)},
      input_(read_bytes),
      random_{std::random_device{}()},
      credit_{how.credit},
      courier_{system, store, [fd = wake_.get()] { (void)::eventfd_write(fd, 1); }} {
  server_.options = std::move(how.options);
  server_.level = how.level;
  server_.clients_max = how.clients_max;
  server_.port = listener_.where.port;
  server_.started = std::chrono::system_clock::now();
  server_.run_id = new_run_id(random_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wake_id;
  (void)::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  watch_listener(true);
  send_to_store(view_request{}, {}, [this](store_answer answer) {
    if (const auto* view = std::get_if<read_view>(&answer)) view_ = *view;
  });
}

void socket_loop::stop(std::chrono::milliseconds at_most) {
  stop_within_ = at_most;
  stop_wanted_ = true;
  (void)::eventfd_write(wake_.get(), 1);
}

// -- one round ------------------------------------------------------------------------------------------

void socket_loop::run() {
  while (!stopping_ || (!connections_.empty() && std::chrono::steady_clock::now() < stop_at_)) {
    take_events(milliseconds_to_wait());
    if (stop_wanted_ && !stopping_) begin_to_stop();
    take_answers();
    attend_to_all();
    serve_starved();
    courier_.send(outgoing_);
  }
  connections_.clear();
  server_.clients = 0;
}

int socket_loop::milliseconds_to_wait() const {
  if (stopping_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        stop_at_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 60'000));
  }
  return accepts_ ? -1 : look_again_ms;
}

void socket_loop::take_events(int at_most) {
  std::array<epoll_event, 128> events{};
  const int count =
      ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), at_most);
  for (int i = 0; i < count; ++i) {
    const auto& e = events[static_cast<std::size_t>(i)];
    on_event(e.data.u64, e.events);
  }
  if (!accepts_ && !stopping_) watch_listener(true);
}

void socket_loop::on_event(std::uint64_t id, std::uint32_t events) {
  if (id == wake_id) {
    eventfd_t count = 0;
    (void)::eventfd_read(wake_.get(), &count);
    return;
  }
  if (id == listener_id) return accept_clients();
  if (!connections_.contains(id)) return;
  // Nobody is there any more to be answered.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return drop(id);
  if ((events & EPOLLIN) != 0) read_from(id);
  if ((events & EPOLLOUT) != 0) attend_to(id);
}

void socket_loop::take_answers() {
  courier_.take_answers(returned_);
  for (auto& answer : returned_) {
    const auto found = asked_.find(answer.id);
    auto request = std::move(found->second);
    asked_.erase(found);
    credit_.give_back(request.cost);
    request.then(std::move(answer.what));
  }
  returned_.clear();
  send_waiting();
}

void socket_loop::attend_to_all() {
  while (!listed_.empty())
    for (const auto id : std::exchange(listed_, {})) attend_to(id);
}

void socket_loop::serve_starved() {
  while (!starved_.empty() && waiting_.empty() && credit_.is_open()) {
    const auto id = starved_.front();
    starved_.pop_front();
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second.is_starved = false;
    attend_to(id);
    attend_to_all();
  }
}

void socket_loop::begin_to_stop() {
  stopping_ = true;
  stop_at_ = std::chrono::steady_clock::now() + stop_within_.load();
  watch_listener(false);
  listener_.socket.close();
  for (auto& [id, c] : connections_) {
    c.who->stop();
    attend(*c.who);
  }
}

// -- what sessions ask ----------------------------------------------------------------------------------

void socket_loop::ask(store_request what, answer_handler then) {
  const auto cost = cost_of(what);
  if (waiting_.empty() && credit_.fits(cost))
    return send_to_store(std::move(what), cost, std::move(then));
  waiting_.push_back({std::move(what), cost, std::move(then)});
}

std::optional<store_answer> socket_loop::look(std::string_view name) {
  // One byte more tells a value that is longer.
  auto found = view_.try_get(name, 0, looked_at_bytes_max + 1);
  if (!found) return std::nullopt;
  if (!*found) return std::move(*found).error();
  if ((*found)->value.size() > looked_at_bytes_max) return std::nullopt;
  return std::move(*found).value();
}

void socket_loop::send_waiting() {
  while (!waiting_.empty() && credit_.fits(waiting_.front().cost)) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    send_to_store(std::move(next.what), next.cost, std::move(next.then));
  }
}

void socket_loop::send_to_store(store_request what, const request_cost& cost, answer_handler then) {
  credit_.take(cost);
  asked_.emplace(next_request_, asked{cost, std::move(then)});
  outgoing_.push_back({next_request_, std::move(what)});
  ++next_request_;
}

bool socket_loop::may_begin(const session& who) {
  if (waiting_.empty() && credit_.is_open()) return true;
  auto& c = connections_.at(who.id());
  if (!std::exchange(c.is_starved, true)) starved_.push_back(who.id());
  return false;
}

void socket_loop::attend(session& who) {
  const auto found = connections_.find(who.id());
  if (found != connections_.end() && !std::exchange(found->second.is_listed, true))
    listed_.push_back(who.id());
}

std::string socket_loop::list_clients() {
  std::string out;
  for (const auto& [id, c] : connections_) out += c.who->describe();
  return out;
}

std::uint64_t socket_loop::random_below(std::uint64_t end) {
  return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random_);
}

// -- connections ----------------------------------------------------------------------------------------

void socket_loop::watch_listener(bool on) {
  if (accepts_ == on) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = listener_id;
  (void)::epoll_ctl(poll_.get(), on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener_.socket.get(),
                    &event);
  accepts_ = on;
}

void socket_loop::accept_clients() {
  for (int i = 0; i < accepts_in_a_row_max; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    descriptor socket{::accept4(listener_.socket.get(), reinterpret_cast<sockaddr*>(&address),
                                &length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket.is_open()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        watch_listener(false);
      return;
    }
    if (connections_.size() < server_.clients_max) {
      welcome(std::move(socket), show(address));
      continue;
    }
    ++server_.connections_rejected;
    constexpr std::string_view refusal = "-ERR max number of clients reached\r\n";
    (void)!::send(socket.get(), refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

void socket_loop::welcome(descriptor socket, std::string address) {
  const int on = 1;
  // A reply goes out at once.
  (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A machine that vanished is found out.
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const auto id = next_id_++;
  connection c;
  c.socket = std::move(socket);
  c.who = std::make_shared<session>(*this, id, std::move(address));
  epoll_event event{};
  event.events = c.watched_events = EPOLLIN;
  event.data.u64 = id;
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, c.socket.get(), &event) != 0) return;
  connections_.emplace(id, std::move(c));
  server_.clients = connections_.size();
  ++server_.connections_accepted;
}

void socket_loop::read_from(std::uint64_t id) {
  for (int i = 0; i < reads_in_a_row_max; ++i) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    auto& c = found->second;
    if (c.has_ended || !c.who->wants_input()) return;
    const auto count = ::recv(c.socket.get(), input_.data(), input_.size(), 0);
    if (count < 0) {
      if (!would_block(errno) && errno != EINTR) drop(id);
      return;
    }
    if (count == 0) {
      c.has_ended = true;
      c.who->stop();
      return attend_to(id);
    }
    const auto bytes = static_cast<std::size_t>(count);
    server_.input_bytes += bytes;
    c.who->feed({input_.data(), bytes});
    attend_to(id);
    if (bytes < input_.size()) return;
  }
}

// Lets its session go on, sends what there is to send, and looks for what comes next.
void socket_loop::attend_to(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  auto& c = found->second;
  const auto session_here = c.who;
  do {
    // What it does to itself meanwhile is seen to here.
    c.is_listed = true;
    session_here->advance();
    c.is_listed = false;
    if (session_here->holds_too_much()) {
      ++server_.output_limit_closed;
      return drop(id);
    }
    if (!write_to(c, server_)) return drop(id);
  } while (session_here->has_room_again());
  if (session_here->is_over() && session_here->output().empty()) return drop(id);
  watch(id, c);
}

// False if the client is gone.
bool socket_loop::write_to(connection& to, server_state& server) {
  auto& out = to.who->output();
  while (!out.empty()) {
    std::array<iovec, pieces_in_a_row> pieces{};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = out.peek(pieces);
    const auto count = ::sendmsg(to.socket.get(), &message, MSG_NOSIGNAL);
    if (count < 0) return would_block(errno) || errno == EINTR;
    out.drop(static_cast<std::size_t>(count));
    server.output_bytes += static_cast<std::uint64_t>(count);
  }
  return true;
}

void socket_loop::watch(std::uint64_t id, connection& which) {
  std::uint32_t wanted = 0;
  if (which.who->wants_input() && !which.has_ended) wanted |= EPOLLIN;
  if (!which.who->output().empty()) wanted |= EPOLLOUT;
  if (wanted == which.watched_events) return;
  which.watched_events = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = id;
  (void)::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, which.socket.get(), &event);
}

void socket_loop::drop(std::uint64_t id) {
  const auto found = connections_.find(id);
  found->second.who->leave();
  connections_.erase(found);
  server_.clients = connections_.size();
}

}  // namespace stowage::resp
