// A request to an actor under test, and its answer.
//
// Contract: sent at once; the answer can be looked at any time and never waits.
// Concurrency: one thread, that of the deterministic system.
// Limits: each request is an actor until its answer is taken, or nobody wants it any more.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace stowage::test {

/// A client of its own for each request: what comes back can only be its answer.
template <class T, class Handle, class Request>
class asked final : public answer_source<T> {
 public:
  asked(caf::actor_system& system, const Handle& whom, Request request,
        std::shared_ptr<std::size_t> alive)
      : alive_{std::move(alive)},
        self_{system},
        waiting_{compat::request(self_.ptr(), whom, std::move(request))} {
    ++*alive_;
  }
  asked(const asked&) = delete;
  asked& operator=(const asked&) = delete;
  ~asked() override { --*alive_; }

  [[nodiscard]] bool arrived() override { return self_->has_next_message(); }

  [[nodiscard]] result<T> take() override {
    std::optional<result<T>> outcome;
    const auto on_error = [&](const caf::error& why) { outcome = to_failure(why); };
    if constexpr (std::is_void_v<T>)
      std::move(waiting_).receive([&] { outcome = result<void>{}; }, on_error);
    else
      std::move(waiting_).receive([&](T& value) { outcome = std::move(value); }, on_error);
    return std::move(*outcome);
  }

 private:
  using handle = decltype(compat::request(std::declval<caf::scoped_actor&>().ptr(),
                                          std::declval<const Handle&>(), std::declval<Request>()));
  std::shared_ptr<std::size_t> alive_;
  caf::scoped_actor self_;
  handle waiting_;
};

template <class T, class Handle, class Request>
answer<T> ask_actor(caf::actor_system& system, const Handle& whom, Request request,
                    std::shared_ptr<std::size_t> alive) {
  return answer<T>{std::make_unique<asked<T, Handle, Request>>(system, whom, std::move(request),
                                                               std::move(alive))};
}

}  // namespace stowage::test
