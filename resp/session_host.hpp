// What a connection's state machine needs from the world: the store, the server it belongs to, the time.
//
// Contract: requests reach the store in the order they were asked, over all sessions; each is answered exactly
// once by a call of its handler, never from within `ask`. So what one session reads by requests asked one after
// another, without returning in between, is of one moment as far as sessions write.
// Concurrency: one thread, that of all sessions of a server.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/resp/cursor_table.hpp>
#include <stowage/resp/evaluation_lanes.hpp>
#include <stowage/resp/keyspace_feed.hpp>
#include <stowage/resp/reply.hpp>
#include <stowage/resp/resp_options.hpp>
#include <stowage/storage/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace stowage::resp {

using store_request =
    std::variant<get_request, stat_request, put_many_request, commit_request, list_request,
                 clear_request, flush_request, status_request, checkpoint_request, compact_request,
                 verify_request, backup_request, watch_request, next_changes_request,
                 unwatch_request, view_request>;

/// The answer of requests that are answered with nothing.
struct done_answer {};
/// What is rare and large, so that the answers of reads and writes are small.
template <class T>
using boxed = std::shared_ptr<const T>;
using store_answer = std::variant<failure, done_answer, receipt, block_value, block_stat,
                                  put_many_result, commit_receipt, block_list, boxed<store_status>,
                                  boxed<compact_result>, boxed<verify_result>, boxed<backup_result>,
                                  watch_started, change_batch, read_view>;

using answer_handler = std::function<void(store_answer)>;

[[nodiscard]] inline std::uint64_t unix_ms(std::chrono::system_clock::time_point when) noexcept {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count());
}

/// What all connections of a server share.
struct server_state {
  resp_options options;
  /// What is answered when writes name no durability of their own.
  durability level = durability::durable;
  /// Identifies this run of the server: 40 hex digits.
  std::string run_id;
  std::chrono::system_clock::time_point started;
  std::uint16_t port = 0;
  std::uint64_t clients_max = 0;

  cursor_table cursors;
  evaluation_lanes lanes;
  keyspace_feed events;
  /// Where RANDOMKEY looks next.
  std::string random_after;

  std::uint64_t clients = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t commands_run = 0;
  std::uint64_t output_limit_closed = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
};

class session;

class session_host {
 public:
  session_host() = default;
  session_host(const session_host&) = delete;
  session_host& operator=(const session_host&) = delete;
  virtual ~session_host() = default;

  virtual void ask(store_request what, answer_handler then) = 0;
  /// What the store would answer to a get of this name now, if that is known here: its value, or not_found. Requests
  /// that were asked and are not answered have not been seen.
  [[nodiscard]] virtual std::optional<store_answer> look(std::string_view name) = 0;
  /// Whether there is credit for a request that has not begun; if not, `attend` comes when there is.
  [[nodiscard]] virtual bool may_begin(const session& who) = 0;
  /// Something of the session changed: call its `advance`, and look at its output, soon.
  virtual void attend(session& who) = 0;

  [[nodiscard]] virtual server_state& server() = 0;
  /// A line for each connection.
  [[nodiscard]] virtual std::string list_clients() = 0;
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() = 0;
  /// Any number below `end`, which is not 0.
  [[nodiscard]] virtual std::uint64_t random_below(std::uint64_t end) = 0;
};

}  // namespace stowage::resp
