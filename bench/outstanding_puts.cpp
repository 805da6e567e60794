#include <stowage/bench/outstanding_puts.hpp>

#include <stowage/bench/engine.hpp>
#include <stowage/messages/caf_compat.hpp>

#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>

namespace stowage::bench {

namespace {

struct submitter {
  store_actor store;
  const value_source& values;
  outstanding_puts what;
  std::uint64_t next = 0;
  std::uint64_t answered = 0;
  std::promise<void> done;
};

void submit_next(caf::event_based_actor* self, const std::shared_ptr<submitter>& state) {
  if (state->next == state->what.ops) return;
  const auto op = state->next++;
  compat::request(self, state->store,
                  put_request{block_name(op % state->what.blocks),
                              state->values.value(state->what.first_value + op),
                              durability::durable,
                              {}})
      .then(
          [self, state](const receipt&) {
            submit_next(self, state);
            if (++state->answered == state->what.ops) {
              state->done.set_value();
              self->quit();
            }
          },
          [self, state](const caf::error& why) {
            state->done.set_exception(std::make_exception_ptr(
                std::runtime_error{"stowage: " + describe(to_failure(why))}));
            self->quit();
          });
}

}  // namespace

void put_outstanding(running_store& store, const value_source& values,
                     const outstanding_puts& what) {
  auto state = std::make_shared<submitter>(
      submitter{store.handle(), values, what, 0, 0, std::promise<void>{}});
  auto done = state->done.get_future();
  store.system().spawn([state](caf::event_based_actor* self) {
    const auto first = std::min(state->what.outstanding, state->what.ops);
    for (std::uint64_t i = 0; i < first; ++i) submit_next(self, state);
  });
  done.get();
}

}  // namespace stowage::bench
