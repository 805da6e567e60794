#include <stowage/resp/keyspace_feed.hpp>

#include <stowage/resp/glob.hpp>
#include <stowage/resp/session.hpp>
#include <stowage/resp/session_host.hpp>

#include <utility>

namespace stowage::resp {

namespace {

const char* event_of(change_kind kind) noexcept {
  switch (kind) {
    case change_kind::put: return "set";
    case change_kind::deleted: return "del";
    case change_kind::expired: return "expired";
    case change_kind::cleared: break;
  }
  return nullptr;
}

}  // namespace

// -- who ------------------------------------------------------------------------------------------------

void keyspace_feed::add(subscription_kind kind, const std::string& name,
                        const std::shared_ptr<session>& who) {
  of(kind)[name][who->id()] = who;
}

void keyspace_feed::remove(session_host& host, subscription_kind kind, const std::string& name,
                           std::uint64_t who) {
  auto& all = of(kind);
  const auto found = all.find(name);
  if (found == all.end()) return;
  found->second.erase(who);
  if (found->second.empty()) all.erase(found);
  if (!has_subscribers() && state_ == state::running) stop(host);
}

// -- the watch ------------------------------------------------------------------------------------------

void keyspace_feed::when_running(session_host& host, started_handler then) {
  if (state_ == state::running) return then(nullptr);
  waiting_.push_back(std::move(then));
  if (state_ == state::idle) start(host);
}

void keyspace_feed::start(session_host& host) {
  state_ = state::starting;
  host.ask(watch_request{}, [this, &host](const store_answer& answer) {
    const auto* started = std::get_if<watch_started>(&answer);
    if (started == nullptr) {
      state_ = state::idle;
      return tell_started(&std::get<failure>(answer));
    }
    state_ = state::running;
    ++life_;
    watch_ = started->watch;
    after_ = started->from;
    tell_started(nullptr);
    // They may all be gone by now.
    if (!has_subscribers()) return stop(host);
    ask_next(host);
  });
}

void keyspace_feed::stop(session_host& host) {
  state_ = state::idle;
  ++life_;
  host.ask(unwatch_request{watch_}, [](const store_answer&) {
    // A store that knows of no such watch is as good.
  });
}

void keyspace_feed::tell_started(const failure* why) {
  for (const auto& then : std::exchange(waiting_, {})) then(why);
}

void keyspace_feed::ask_next(session_host& host) {
  host.ask(next_changes_request{watch_, after_},
           [this, &host, life = life_](const store_answer& answer) {
             if (life != life_) return;
             const auto* batch = std::get_if<change_batch>(&answer);
             if (batch == nullptr) {
               // Nothing becomes durable any more. Whoever subscribes from now on is told.
               state_ = state::idle;
               return;
             }
             if (batch->gap) ++gaps_;
             for (const auto& change : batch->changes) publish(change);
             after_ = batch->through;
             ask_next(host);
           });
}

// -- messages -------------------------------------------------------------------------------------------

void keyspace_feed::publish(const block_change& change) const {
  const auto* event = event_of(change.kind);
  if (event == nullptr) return;
  send("__keyspace@0__:" + change.name, event);
  send(std::string{"__keyevent@0__:"} + event, change.name);
}

void keyspace_feed::send(const std::string& channel, const std::string& message) const {
  if (const auto found = channels_.find(channel); found != channels_.end())
    push_to_all(found->second, reply::push({reply::string(std::string{"message"}),
                                            reply::string(channel), reply::string(message)}));
  for (const auto& [pattern, all] : patterns_)
    if (matches(pattern, channel))
      push_to_all(all, reply::push({reply::string(std::string{"pmessage"}), reply::string(pattern),
                                    reply::string(channel), reply::string(message)}));
}

void keyspace_feed::push_to_all(const subscribers& all, const reply& what) {
  for (const auto& [id, weak] : all)
    if (const auto who = weak.lock()) who->push(what);
}

}  // namespace stowage::resp
