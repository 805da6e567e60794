// The thread of all connections: sockets, sessions, and the credit they share.
//
// Contract: requests of all sessions go to the store in the order the sessions asked, as many at a time as there is
// credit for; a session that finds none is attended to when there is some, in turn. A connection whose session
// wants no input is not read from; one that holds more answers than it may is closed. A client that closes its
// sending side still gets the answers to what it sent.
// Concurrency: `run` has a thread of its own; `stop` and `wake` may be called from any thread.
// Limits: Linux (epoll, eventfd). One thread, as Redis has.
#pragma once

#include <stowage/resp/courier.hpp>
#include <stowage/resp/credit_gate.hpp>
#include <stowage/resp/listener.hpp>
#include <stowage/resp/session.hpp>
#include <stowage/resp/session_host.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stowage::resp {

class socket_loop final : public session_host {
 public:
  struct setup {
    resp_options options;
    durability level = durability::durable;
    credit_limits credit;
    std::uint64_t clients_max = 0;
  };

  socket_loop(caf::actor_system& system, const store_actor& store, listener clients, setup how);

  /// Returns when it was stopped and everything under way is answered, or the time for that is over.
  void run();
  /// Takes no more connections and no more requests.
  void stop(std::chrono::milliseconds at_most);

 private:
  struct connection {
    descriptor socket;
    std::shared_ptr<session> who;
    std::uint32_t watched_events = 0;
    bool is_listed = false;
    bool is_starved = false;
    /// Its client sends no more.
    bool has_ended = false;
  };

  struct asked {
    request_cost cost;
    answer_handler then;
  };
  struct waiting {
    store_request what;
    request_cost cost;
    answer_handler then;
  };

  // What sessions ask of their host.
  void ask(store_request what, answer_handler then) override;
  [[nodiscard]] std::optional<store_answer> look(std::string_view name) override;
  [[nodiscard]] bool may_begin(const session& who) override;
  void attend(session& who) override;
  [[nodiscard]] server_state& server() override { return server_; }
  [[nodiscard]] std::string list_clients() override;
  [[nodiscard]] std::chrono::system_clock::time_point now() override {
    return std::chrono::system_clock::now();
  }
  [[nodiscard]] std::uint64_t random_below(std::uint64_t end) override;

  // -- one round ----------------------------------------------------------------------------------------
  [[nodiscard]] int milliseconds_to_wait() const;
  void take_events(int at_most);
  void on_event(std::uint64_t id, std::uint32_t events);
  void take_answers();
  void send_waiting();
  void attend_to_all();
  void serve_starved();
  void begin_to_stop();

  // -- connections --------------------------------------------------------------------------------------
  void accept_clients();
  void welcome(descriptor socket, std::string address);
  void read_from(std::uint64_t id);
  void attend_to(std::uint64_t id);
  [[nodiscard]] static bool write_to(connection& to, server_state& server);
  void watch(std::uint64_t id, connection& which);
  void watch_listener(bool on);
  void drop(std::uint64_t id);

  void send_to_store(store_request what, const request_cost& cost, answer_handler then);

  server_state server_;
  descriptor poll_;
  descriptor wake_;
  listener listener_;
  bool accepts_ = false;
  std::unordered_map<std::uint64_t, connection> connections_;
  std::uint64_t next_id_ = 1;
  std::vector<char> input_;
  std::mt19937_64 random_;

  std::vector<std::uint64_t> listed_;
  std::deque<std::uint64_t> starved_;

  /// Of no store until the store has given one.
  read_view view_;
  credit_gate credit_;
  std::deque<waiting> waiting_;
  std::unordered_map<std::uint64_t, asked> asked_;
  std::uint64_t next_request_ = 0;
  std::vector<courier::parcel> outgoing_;
  std::vector<courier::returned> returned_;

  std::atomic<bool> stop_wanted_{false};
  std::atomic<std::chrono::milliseconds> stop_within_{};
  bool stopping_ = false;
  std::chrono::steady_clock::time_point stop_at_;

  /// Last, so that it ends first: its answers wake the loop.
  courier courier_;
};

}  // namespace stowage::resp
