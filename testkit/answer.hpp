// A request to an actor under test, and its answer.
//
// Contract: sent at once; the answer can be looked at any time and never waits. Looking at one that has not come
// throws `misuse`, taking an error for a success or the other way round throws `unexpected_answer`.
// Concurrency: one thread, that of the deterministic system.
// Limits: each request is an actor of its own until its answer is looked at, or nobody wants it any more. It must not
// outlive the system.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/testkit/complaint.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace stowage::testkit {

/// Where an answer comes in.
template <class T>
class answer_source {
 public:
  answer_source() = default;
  answer_source(const answer_source&) = delete;
  answer_source& operator=(const answer_source&) = delete;
  virtual ~answer_source() = default;
  [[nodiscard]] virtual bool arrived() = 0;
  /// `error` becomes the error as it came, also where it is none of a store's.
  [[nodiscard]] virtual result<T> take(caf::error& error) = 0;
};

/// The answer to a request, which may not have come yet.
template <class T>
class answer {
 public:
  explicit answer(std::unique_ptr<answer_source<T>> from) : from_{std::move(from)} {}

  [[nodiscard]] bool arrived() {
    if (from_ && from_->arrived()) {
      outcome_ = from_->take(error_);
      from_.reset();
    }
    return outcome_.has_value();
  }
  [[nodiscard]] const result<T>& get() {
    if (!arrived())
      throw misuse{"the answer has not come: run() the system, or advance() its clock, before"};
    return *outcome_;
  }
  /// `none` for success; `outcome_unknown` for errors that are none of a store's.
  [[nodiscard]] errc code() { return get() ? errc::none : get().error().code; }
  [[nodiscard]] const failure& error() {
    if (get()) throw unexpected_answer{"a success where an error was expected"};
    return get().error();
  }
  /// The error as CAF brought it: one of your own, perhaps. None for success.
  [[nodiscard]] const caf::error& caf_error() {
    (void)get();
    return error_;
  }
  [[nodiscard]] const auto& operator*() {
    if (!get()) throw unexpected_answer{"failed: " + describe(get().error())};
    return *get();
  }
  [[nodiscard]] const auto* operator->() { return &**this; }

 private:
  std::unique_ptr<answer_source<T>> from_;
  std::optional<result<T>> outcome_;
  caf::error error_;
};

/// A client of its own for each request: what comes back can only be its answer.
template <class T, class Waiting>
class asked final : public answer_source<T> {
 public:
  template <class Ask>
  asked(caf::actor_system& system, std::shared_ptr<std::size_t> alive, Ask ask)
      : alive_{std::move(alive)}, self_{system}, waiting_{ask(self_.ptr())} {
    ++*alive_;
  }
  asked(const asked&) = delete;
  asked& operator=(const asked&) = delete;
  ~asked() override { --*alive_; }

  [[nodiscard]] bool arrived() override { return self_->has_next_message(); }

  [[nodiscard]] result<T> take(caf::error& error) override {
    std::optional<result<T>> outcome;
    const auto on_error = [&](const caf::error& why) {
      error = why;
      outcome = to_failure(why);
    };
    if constexpr (std::is_void_v<T>)
      std::move(waiting_).receive([&] { outcome = result<void>{}; }, on_error);
    else
      std::move(waiting_).receive([&](T& value) { outcome = std::move(value); }, on_error);
    return std::move(*outcome);
  }

 private:
  std::shared_ptr<std::size_t> alive_;
  caf::scoped_actor self_;
  Waiting waiting_;
};

/// Asks `whom`; `alive` counts the clients that wait.
template <class T, class Handle, class... Ts>
answer<T> ask_actor(caf::actor_system& system, std::shared_ptr<std::size_t> alive,
                    const Handle& whom, Ts&&... message) {
  const auto ask = [&](auto* self) {
    return compat::request(self, whom, std::forward<Ts>(message)...);
  };
  using waiting = decltype(ask(std::declval<caf::scoped_actor&>().ptr()));
  return answer<T>{std::make_unique<asked<T, waiting>>(system, std::move(alive), ask)};
}

}  // namespace stowage::testkit
