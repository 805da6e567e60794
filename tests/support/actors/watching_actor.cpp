#include <stowage/tests/support/actors/watching_actor.hpp>

#include <stowage/testkit/answer.hpp>

#include <caf/actor_cast.hpp>

#include <utility>

namespace stowage::test {

namespace {

class watching_state {
 public:
  static inline const char* name = "test.watching";

  watching_state(watching_actor::handle::pointer self, store_actor store)
      : self_{self}, store_{std::move(store)} {}

  watching_actor::handle::behavior_type make_behavior() {
    return {
        [this](watch_request& request) { return pass_on<watch_started>(std::move(request)); },
        [this](next_changes_request& request) { return pass_on<change_batch>(request); },
        [this](unwatch_request& request) -> caf::result<void> {
          auto promise = self_->make_response_promise<void>();
          compat::request(self_, store_, request)
              .then([promise]() mutable { promise.deliver(); },
                    [promise](const caf::error& why) mutable { promise.deliver(why); });
          return promise;
        },
    };
  }

 private:
  // As its own request, so that the store takes it for the sender.
  template <class T, class Request>
  caf::result<T> pass_on(Request request) {
    auto promise = self_->make_response_promise<T>();
    compat::request(self_, store_, std::move(request))
        .then([promise](T& answer) mutable { promise.deliver(std::move(answer)); },
              [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }

  watching_actor::handle::pointer self_;
  store_actor store_;
};

}  // namespace

watching_actor::watching_actor(store_fixture& f)
    : f_{f}, actor_{f.det.system().spawn<handle::stateful_impl<watching_state>>(f.store)} {
  ++*f_.clients;
}

answer<watch_started> watching_actor::watch(std::string prefix) {
  return ask_actor<watch_started>(f_.sys, f_.clients, actor_, watch_request{std::move(prefix)});
}

answer<change_batch> watching_actor::next(std::uint64_t watch, version after) {
  return ask_actor<change_batch>(f_.sys, f_.clients, actor_, next_changes_request{watch, after});
}

answer<void> watching_actor::unwatch(std::uint64_t watch) {
  return ask_actor<void>(f_.sys, f_.clients, actor_, unwatch_request{watch});
}

void watching_actor::end() {
  if (!actor_) return;
  caf::anon_send_exit(actor_, caf::exit_reason::kill);
  actor_ = nullptr;
  --*f_.clients;
  f_.run();
}

watch_reader::watch_reader(store_fixture& f, const std::string& prefix) : f_{f}, actor_{f} {
  auto started = actor_.watch(prefix);
  f_.run();
  started_ = *started;
  through_ = started_.from;
}

std::vector<std::string> watch_reader::news() {
  std::vector<std::string> lines;
  f_.run();
  while (take(lines)) f_.run();
  return lines;
}

bool watch_reader::take(std::vector<std::string>& lines) {
  if (ended_with_ != errc::none) return false;
  if (!asked_) {
    asked_ = actor_.next(started_.watch, through_);
    f_.run();
  }
  if (!asked_->arrived()) return false;
  ended_with_ = asked_->code();
  if (ended_with_ != errc::none) return false;
  const auto batch = *std::exchange(asked_, std::nullopt)->get();
  if (batch.gap)
    lines.push_back("gap " + std::to_string(batch.gap->from.value) + "-" +
                    std::to_string(batch.gap->to.value));
  for (const auto& c : batch.changes)
    lines.push_back(to_string(c.kind) + " " + c.name + " " + std::to_string(c.ver.value));
  through_ = batch.through;
  return true;
}

}  // namespace stowage::test
