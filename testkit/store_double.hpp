// A stand-in for a store: an actor with a store's handle that remembers what it was asked and answers what the test says.
//
// Contract: a request that nothing was said about is answered by a `block_map`: as a store that has always room and never
// fails. What a test says about the next request of a kind counts once, in the order it was said; what was never used
// fails the test, because then the test is not about what it seems to be. A delayed answer takes effect at once and is
// told later, as with a store.
// Concurrency: one thread, that of the fixture.
// Limits: nothing is durable, no credit is needed, a backup is refused; a watch ends with the double and not with its
// owner; a view is for the fixture's thread. What happens below a store (syncs, crashes, full disks) is for `store_fixture`.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/testkit/actor_fixture.hpp>
#include <stowage/testkit/block_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace stowage::testkit {

namespace detail {

template <class Request, class Signature>
struct answer_in {};
template <class Request, class Answer>
struct answer_in<Request, caf::result<Answer>(Request)> {
  using type = Answer;
};

/// What the test said about the next requests of one kind, and those there were.
template <class Request, class Answer>
struct scripted_requests {
  struct scripted {
    std::optional<result<Answer>> outcome;
    std::chrono::nanoseconds delay{};
  };
  std::deque<scripted> next;
  std::vector<Request> seen;
};

template <class List>
struct of_signatures;
template <template <class...> class List, class... Answers, class... Requests>
struct of_signatures<List<caf::result<Answers>(Requests)...>> {
  template <class Request>
  struct answer_to : answer_in<Request, caf::result<Answers>(Requests)>... {};
  using scripts = std::tuple<scripted_requests<Requests, Answers>...>;
};

using store_signatures = of_signatures<store_actor::signatures>;

}  // namespace detail

/// What a request to a store is answered with.
template <class Request>
using answer_of = typename detail::store_signatures::answer_to<Request>::type;

class store_double {
 public:
  /// Its actor belongs to the fixture, and blocks expire by its clock.
  explicit store_double(actor_fixture& owner);
  store_double(const store_double&) = delete;
  store_double& operator=(const store_double&) = delete;
  ~store_double();

  /// The handle that the actor under test gets.
  [[nodiscard]] const store_actor& handle() const noexcept { return handle_; }

  // -- what it is to answer -------------------------------------------------------------------------------

  /// The next request of this kind changes nothing and fails so.
  template <class Request>
  void fail_next(failure why, std::chrono::nanoseconds delay = {}) {
    say<Request>(delay).outcome.emplace(std::move(why));
  }
  template <class Request>
  void fail_next(errc why, std::chrono::nanoseconds delay = {}) {
    fail_next<Request>(fail(why), delay);
  }
  /// The next request of this kind changes nothing and is answered so.
  template <class Request>
  void answer_next(answer_of<Request> value, std::chrono::nanoseconds delay = {}) {
    say<Request>(delay).outcome.emplace(std::move(value));
  }
  /// The next request of this kind is answered as ever, so much later.
  template <class Request>
  void delay_next(std::chrono::nanoseconds delay) {
    (void)say<Request>(delay);
  }
  /// What is there; a test may put blocks there that nobody asked for.
  [[nodiscard]] block_map& blocks() noexcept { return shared_->blocks; }

  // -- what it was asked ----------------------------------------------------------------------------------

  /// All requests of this kind, in order.
  template <class Request>
  [[nodiscard]] const std::vector<Request>& requests() const {
    return std::get<requests_of<Request>>(shared_->scripts).seen;
  }
  /// All requests in order, in words: "put NAME", "flush".
  [[nodiscard]] const std::vector<std::string>& asked() const noexcept { return shared_->asked; }

 private:
  template <class Request>
  using requests_of = detail::scripted_requests<Request, answer_of<Request>>;

  friend class store_double_state;
  struct shared {
    detail::store_signatures::scripts scripts;
    block_map blocks;
    std::vector<std::string> asked;
    std::function<std::uint64_t()> now_ms;
    bool is_closed = false;
  };

  template <class Request>
  auto& say(std::chrono::nanoseconds delay) {
    auto& next = std::get<requests_of<Request>>(shared_->scripts).next.emplace_back();
    next.delay = delay;
    return next;
  }

  std::shared_ptr<shared> shared_ = std::make_shared<shared>();
  store_actor handle_;
};

}  // namespace stowage::testkit
