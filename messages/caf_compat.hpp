// One spelling of the CAF calls whose names differ between 0.18.7 and 1.x.
//
// Contract: everything else in this tree is plain CAF that all versions share; only this header looks at
// CAF_MAJOR_VERSION (CAF_VERSION is broken in 1.1.0).
// Concurrency: as the CAF calls behind them.
// Limits: only what we use.
#pragma once

#include <caf/action.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exec_main.hpp>
#include <caf/expected.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/response_promise.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <caf/resumable.hpp>

#if CAF_MAJOR_VERSION >= 1
#include <caf/anon_mail.hpp>
#include <caf/scheduler.hpp>
#else
#include <caf/execution_unit.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#endif

#if __has_include(<caf/error_code_enum.hpp>)
#include <caf/error_code_enum.hpp>
#else
#include <caf/is_error_code_enum.hpp>
#endif

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::compat {

#if CAF_MAJOR_VERSION >= 1

using string_view = std::string_view;

/// What the command line has beside CAF's own options.
[[nodiscard]] inline std::vector<std::string> arguments(const caf::actor_system_config& config) {
  const auto all = config.remainder();
  return {all.begin(), all.end()};
}

template <class Self, class Handle, class... Ts>
void send(Self* self, const Handle& to, Ts&&... xs) {
  self->mail(std::forward<Ts>(xs)...).send(to);
}

template <class Handle, class... Ts>
void anon_send(const Handle& to, Ts&&... xs) {
  caf::anon_mail(std::forward<Ts>(xs)...).send(to);
}

template <class Self, class Handle, class... Ts>
auto request(Self* self, const Handle& to, Ts&&... xs) {
  return self->mail(std::forward<Ts>(xs)...).request(to, caf::infinite);
}

/// Answered with `caf::sec::request_timeout` if nothing else comes for so long. Not on a store's own paths: a finite
/// timeout costs more than the request.
template <class Self, class Handle, class... Ts>
auto request_within(Self* self, const Handle& to, caf::timespan at_most, Ts&&... xs) {
  return self->mail(std::forward<Ts>(xs)...).request(to, at_most);
}

template <class Self, class Handle, class... Ts>
auto delegate(Self* self, const Handle& to, Ts&&... xs) {
  return self->mail(std::forward<Ts>(xs)...).delegate(to);
}

/// Has the workers of the system resume it.
inline void schedule(caf::actor_system& system, caf::resumable* what) {
  system.scheduler().schedule(what);
}

/// Is told what has something to do because of what was sent in its context.
class executor : public caf::scheduler {
 public:
  explicit executor(caf::actor_system&) {}
  /// With a reference to `what`, for whoever resumes it.
  virtual void take(caf::resumable* what) = 0;

  void schedule(caf::resumable* what) final { take(what); }
  void delay(caf::resumable* what) final { take(what); }
  void start() final {}
  void stop() final {}
};

/// Calls `on_end(address)` on `self` when an actor ends that was added; perhaps also for one that was removed right
/// before. Add each once. Not together with `monitor_all`.
template <class Self>
class end_notices {
 public:
  end_notices(Self* self, std::function<void(const caf::actor_addr&)> on_end)
      : self_{self}, on_end_{std::move(on_end)} {}
  void add(const caf::actor& who) {
    std::erase_if(notices_, [](const auto& each) { return each.second.disposed(); });
    notices_[who.address()] = self_->monitor(
        who, [on_end = on_end_, address = who.address()](const caf::error&) { on_end(address); });
  }
  void remove(const caf::actor_addr& who) {
    const auto found = notices_.find(who);
    if (found == notices_.end()) return;
    found->second.dispose();
    notices_.erase(found);
  }

 private:
  Self* self_;
  std::function<void(const caf::actor_addr&)> on_end_;
  std::map<caf::actor_addr, caf::disposable> notices_;
};

/// Calls `on_down(name, reason)` on `self` when one of the named actors ends. Once per actor.
template <class Self>
void monitor_all(Self* self, const std::vector<std::pair<std::string, caf::actor>>& named,
                 const std::function<void(const std::string&, const caf::error&)>& on_down) {
  for (const auto& [name, handle] : named)
    self->monitor(handle, [name, on_down](const caf::error& reason) { on_down(name, reason); });
}

#else

using string_view = caf::string_view;

/// What the command line has beside CAF's own options.
[[nodiscard]] inline std::vector<std::string> arguments(const caf::actor_system_config& config) {
  return config.remainder;
}

template <class Self, class Handle, class... Ts>
void send(Self* self, const Handle& to, Ts&&... xs) {
  self->send(to, std::forward<Ts>(xs)...);
}

template <class Handle, class... Ts>
void anon_send(const Handle& to, Ts&&... xs) {
  caf::anon_send(to, std::forward<Ts>(xs)...);
}

template <class Self, class Handle, class... Ts>
auto request(Self* self, const Handle& to, Ts&&... xs) {
  return self->request(to, caf::infinite, std::forward<Ts>(xs)...);
}

/// Answered with `caf::sec::request_timeout` if nothing else comes for so long. Not on a store's own paths: a finite
/// timeout costs more than the request.
template <class Self, class Handle, class... Ts>
auto request_within(Self* self, const Handle& to, caf::timespan at_most, Ts&&... xs) {
  return self->request(to, at_most, std::forward<Ts>(xs)...);
}

template <class Self, class Handle, class... Ts>
auto delegate(Self* self, const Handle& to, Ts&&... xs) {
  return self->delegate(to, std::forward<Ts>(xs)...);
}

/// Has the workers of the system resume it.
inline void schedule(caf::actor_system& system, caf::resumable* what) {
  system.scheduler().enqueue(what);
}

/// Is told what has something to do because of what was sent in its context.
class executor : public caf::execution_unit {
 public:
  explicit executor(caf::actor_system& system) : caf::execution_unit{&system} {}
  /// With a reference to `what`, for whoever resumes it.
  virtual void take(caf::resumable* what) = 0;

  void exec_later(caf::resumable* what) final { take(what); }
};

/// Calls `on_down(name, reason)` on `self` when one of the named actors ends. Once per actor.
template <class Self>
void monitor_all(Self* self, const std::vector<std::pair<std::string, caf::actor>>& named,
                 const std::function<void(const std::string&, const caf::error&)>& on_down) {
  std::vector<std::pair<std::string, caf::actor_addr>> known;
  for (const auto& [name, handle] : named) {
    self->monitor(handle);
    known.emplace_back(name, handle.address());
  }
  self->set_down_handler([known, on_down](caf::down_msg& down) {
    for (const auto& [name, address] : known)
      if (address == down.source) on_down(name, down.reason);
  });
}

/// Calls `on_end(address)` on `self` when an actor ends that was added; perhaps also for one that was removed right
/// before. Add each once. Not together with `monitor_all`.
template <class Self>
class end_notices {
 public:
  end_notices(Self* self, const std::function<void(const caf::actor_addr&)>& on_end) : self_{self} {
    self_->set_down_handler([on_end](const caf::down_msg& down) { on_end(down.source); });
  }
  void add(const caf::actor& who) { self_->monitor(who); }
  void remove(const caf::actor_addr& who) { self_->demonitor(who); }

 private:
  Self* self_;
};

#endif

/// Has the actor do this on its own thread, in turn with its messages; dropped if it has ended. Any thread.
template <class Handle, class F>
void run_on(const Handle& who, F what) {
  compat::anon_send(caf::actor_cast<caf::actor>(who), caf::make_action(std::move(what)));
}

/// The same in the context of `self`.
template <class Self, class Handle, class F>
void run_on(Self* self, const Handle& who, F what) {
  compat::send(self, caf::actor_cast<caf::actor>(who), caf::make_action(std::move(what)));
}

}  // namespace stowage::compat
