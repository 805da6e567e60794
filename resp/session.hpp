// One client's connection as a state machine: bytes in, requests to the store, bytes out.
//
// Contract: replies leave in the order of their requests, however many are under way. Requests take effect in that
// order as well: they are asked in it, and behind one that reads before it writes nothing is asked until it is
// done. Whoever has the session calls `advance` after each `feed` and each time the host is told to attend to it.
// Concurrency: that of its host.
// Limits: begins no more requests than it has answers to hold; while `wants_input` is false nothing should be fed.
// A client that makes the answers grow beyond `answer_bytes_max` all the same is to be dropped.
#pragma once

#include <stowage/resp/direct_write.hpp>
#include <stowage/resp/evaluation.hpp>
#include <stowage/resp/output_queue.hpp>
#include <stowage/resp/request_reader.hpp>
#include <stowage/resp/session_host.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::resp {

struct session_limits {
  /// Requests under way.
  std::size_t requests_max = 256;
  /// No request begins while so much is still to be sent.
  std::size_t unsent_bytes_max = limits::mib;
  /// As many requests are under way as have answers of so many bytes, by the size of those before.
  std::size_t expected_bytes_max = 16 * limits::mib;
  /// Answers that wait for others or for the client.
  std::size_t answer_bytes_max = 512 * limits::mib;
  /// Of one MULTI.
  std::size_t queued_max = 65'536;
  std::size_t queued_bytes_max = 128 * limits::mib;
  std::size_t watched_max = 65'536;
  /// Channels and patterns, and the bytes of their names.
  std::size_t subscriptions_max = 65'536;
  std::size_t subscription_bytes_max = 16 * limits::mib;
  /// Events that wait for the client: Redis' own bound.
  std::size_t pushed_bytes_max = 32 * limits::mib;
};

/// What MULTI began.
struct transaction_queue {
  std::vector<queued_command> commands;
  std::size_t bytes = 0;
  bool is_broken = false;
};

class session : public std::enable_shared_from_this<session> {
 public:
  session(session_host& host, std::uint64_t id, std::string address,
          const session_limits& limits = {});

  void feed(std::string_view bytes) { reader_.feed(bytes); }
  /// Begins what can begin, and puts the answers that are complete into the output.
  void advance();
  /// To the client, who did not ask for it now.
  void push(reply what);
  /// Its connection is gone: it hears of nothing more.
  void leave();
  /// Begins nothing but what was fed before; then it is over.
  void stop() noexcept { stopping_ = true; }

  [[nodiscard]] output_queue& output() noexcept { return output_; }
  [[nodiscard]] bool wants_input() const noexcept { return !blocked_ && !ended_ && !stopping_; }
  /// To be closed once its output is out.
  [[nodiscard]] bool is_over() const noexcept {
    return slots_.empty() && (ended_ || (stopping_ && !blocked_));
  }
  [[nodiscard]] bool holds_too_much() const noexcept {
    const auto unsent = answer_bytes_ + output_.size();
    return unsent > limits_.answer_bytes_max ||
           std::min(unsent, pushed_bytes_) > limits_.pushed_bytes_max;
  }

  /// `advance` begins more now that output is out.
  [[nodiscard]] bool has_room_again() const noexcept {
    return blocked_ && waits_for_room_ && !has_too_much_unsent();
  }

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  /// A line of CLIENT LIST.
  [[nodiscard]] std::string describe() const;

 private:
  /// The place of an answer.
  struct slot {
    std::optional<reply> answer;
    int protocol = oldest_protocol;
  };
  using slot_number = std::uint64_t;
  struct pending_write {
    direct_write what;
    slot_number to = 0;
  };

  [[nodiscard]] bool has_too_much_unsent() const noexcept {
    return answer_bytes_ + output_.size() > limits_.unsent_bytes_max;
  }

  // -- requests ---------------------------------------------------------------------------------------
  void begin_what_can();
  [[nodiscard]] bool may_begin();
  void begin(arguments args);
  [[nodiscard]] std::optional<reply> refusal_of(const command_spec* spec, const arguments& args);
  void enqueue(const command_spec& spec, arguments args);
  void run(const command_spec& spec, arguments args);
  void run_of_blocks(const command_spec& spec, arguments args);
  void run_get(const arguments& args);
  void run_exec();
  void run_watch(const arguments& args);
  void learn_watched(const std::string& name, const store_answer& answer);
  /// Of the commands that take something from the store.
  void run_asking(const command_spec& spec, const arguments& args);
  void flush_writes();
  void settle_writes(std::vector<pending_write> writes, const store_answer& outcome);

  // -- commands of the connection itself ----------------------------------------------------------------
  [[nodiscard]] reply run_here(const command_spec& spec, const arguments& args);
  [[nodiscard]] reply run_ping(const arguments& args) const;
  [[nodiscard]] reply run_select(const arguments& args) const;
  [[nodiscard]] reply run_auth(const arguments& args);
  [[nodiscard]] reply run_hello(const arguments& args);
  [[nodiscard]] reply run_client(const arguments& args);
  [[nodiscard]] reply run_reset();
  [[nodiscard]] bool is_password(std::string_view user, std::string_view password) const;
  [[nodiscard]] std::optional<reply> set_name(std::string_view name);
  void set_authenticated(bool is);

  // -- subscriptions (subscribe_commands.cpp) -----------------------------------------------------------
  /// In version 2 of the protocol, where a client could not tell events from answers.
  [[nodiscard]] static bool may_run_when_subscribed(const command_spec& spec) noexcept;
  [[nodiscard]] std::size_t subscriptions() const noexcept {
    return channels_.size() + patterns_.size();
  }
  [[nodiscard]] bool is_only_subscriber() const noexcept {
    return protocol_ == oldest_protocol && subscriptions() > 0;
  }
  [[nodiscard]] std::set<std::string>& subscriptions_of(subscription_kind kind) noexcept {
    return kind == subscription_kind::channel ? channels_ : patterns_;
  }
  void run_subscribe(const command_spec& spec, const arguments& args);
  void run_unsubscribe(const command_spec& spec, const arguments& args);
  void forget_subscription(subscription_kind kind, const std::string& name);

  // -- answers ----------------------------------------------------------------------------------------
  slot_number open_slot();
  void answer(slot_number to, reply what);
  void answer_now(reply what) { answer(open_slot(), std::move(what)); }
  /// For answers that come later, if the session is still there.
  [[nodiscard]] reply_handler answer_later();
  [[nodiscard]] reply_handler answer_before_anything_else();
  bool deliver();

  session_host& host_;
  const std::uint64_t id_;
  const std::string address_;
  const session_limits limits_;
  const std::chrono::system_clock::time_point since_;

  request_reader reader_;
  output_queue output_;
  std::deque<slot> slots_;
  slot_number first_slot_ = 0;
  /// Of the slots.
  std::size_t unanswered_ = 0;
  std::size_t answer_bytes_ = 0;
  std::size_t expected_answer_bytes_;

  /// Direct writes that go to the store together.
  std::vector<pending_write> writes_;
  std::size_t write_bytes_ = 0;

  int protocol_ = oldest_protocol;
  bool is_authenticated_ = false;
  std::string name_;
  std::string last_command_ = "NULL";
  std::optional<transaction_queue> queue_;
  std::map<std::string, version, std::less<>> watched_;
  std::size_t watches_unanswered_ = 0;
  /// Of a watched block that cannot be read.
  std::optional<reply> watch_failure_;

  std::set<std::string> channels_;
  std::set<std::string> patterns_;
  std::size_t subscription_bytes_ = 0;
  /// Events since there was nothing to send.
  std::size_t pushed_bytes_ = 0;

  /// Something is under way that has to be done before the next request begins.
  bool alone_ = false;
  /// There is input that could not begin.
  bool blocked_ = false;
  /// And it was the unsent answers that held it up.
  bool waits_for_room_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace stowage::resp
