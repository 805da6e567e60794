// Keyspace events: who subscribed to what, and the one watch of the store that all of them share.
//
// Contract: a change that becomes durable while the feed runs is a message on `__keyspace@0__:NAME` (the event) and on
// `__keyevent@0__:EVENT` (the name); the events are `set`, `del` and `expired`. There is a watch while there are
// subscriptions. A session leaves before it ends; what is left of one that did not is passed over.
// Concurrency: one thread, that of all sessions of a server.
// Limits: nobody writes to channels. What the watch had to forget is counted in `gaps`, and subscribers do not hear
// of it, as they do not hear of what happens while they are away. A clear is no event, as with Redis.
#pragma once

#include <stowage/messages/watch.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stowage::resp {

class session;
class session_host;
struct reply;

enum class subscription_kind : std::uint8_t { channel, pattern };

class keyspace_feed {
 public:
  /// With null, or why there are no events.
  using started_handler = std::function<void(const failure*)>;

  void add(subscription_kind kind, const std::string& name, const std::shared_ptr<session>& who);
  void remove(session_host& host, subscription_kind kind, const std::string& name,
              std::uint64_t who);

  /// Calls `then` when everything that becomes durable from then on is told: at once if it is so already.
  void when_running(session_host& host, started_handler then);

  [[nodiscard]] std::size_t channels() const noexcept { return channels_.size(); }
  [[nodiscard]] std::size_t patterns() const noexcept { return patterns_.size(); }
  [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }

 private:
  enum class state : std::uint8_t { idle, starting, running };
  using subscribers = std::map<std::uint64_t, std::weak_ptr<session>>;
  using by_name = std::map<std::string, subscribers, std::less<>>;

  [[nodiscard]] by_name& of(subscription_kind kind) noexcept {
    return kind == subscription_kind::channel ? channels_ : patterns_;
  }
  [[nodiscard]] bool has_subscribers() const noexcept {
    return !channels_.empty() || !patterns_.empty();
  }
  void start(session_host& host);
  void stop(session_host& host);
  void tell_started(const failure* why);
  void ask_next(session_host& host);
  void publish(const block_change& change) const;
  void send(const std::string& channel, const std::string& message) const;
  static void push_to_all(const subscribers& all, const reply& what);

  by_name channels_;
  by_name patterns_;

  state state_ = state::idle;
  std::vector<started_handler> waiting_;
  std::uint64_t watch_ = 0;
  version after_;
  /// Of the watch; answers of one that has ended mean nothing.
  std::uint64_t life_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace stowage::resp
