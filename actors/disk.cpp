#include <stowage/actors/disk.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/device/time_slice.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace stowage {

namespace {

// A file takes 0.4 ms to lose a MiB that is in the page cache.
constexpr std::uint64_t shrink_step_bytes = 2 * limits::mib;

}  // namespace

// As long as the thread lives, so does the system, whatever ends on it while it helps.
struct disk_state::messenger {
  explicit messenger(caf::actor_system& in) : system{in}, context{helping::context_in(in)} {}

  /// On the thread, which CAF's logger gets to know by it.
  void begin() {
    self.emplace(system);
    (*self)->context(&context);
  }

  caf::actor_system& system;
  compat::executor& context;
  std::optional<caf::scoped_actor> self;
};

disk_state::disk_state(disk_actor::pointer self, std::shared_ptr<block_device> device,
                       thread runs_on, const disk_metrics& metrics)
    : self_{self}, device_{std::move(device), metrics, [self] { return self->clock().now(); }} {
  if (runs_on != thread::its_own) return;
  auto held = std::make_shared<messenger>(self_->home_system());
  messenger_ = held.get();
  thread_.emplace([held = std::move(held)] {
    held->begin();
    // Everyone who waits for durability waits for this thread to be woken by the disk.
    ask_for_short_time_slices();
  });
}

disk_actor::behavior_type disk_state::make_behavior() {
  return {
      [this](const execute_plan& request) -> caf::result<plan_executed> {
        return answer<plan_executed>(
            [this, plan = request.plan]() -> result<plan_executed> {
              if (auto done = execute(*plan, device_);
                  !done && !mutant("failed-commit-reported-as-done")) {
                // What is written to was allocated before: a disk that is full now has failed, and nothing of the plan
                // is certain. `no_space` says that nothing was taken.
                auto why = std::move(done).error();
                if (why.code == errc::no_space) why.code = errc::io_error;
                return why;
              }
              return plan_executed{round_down(device_.size(), page_size)};
            },
            request.is_of_one_op ? helping::whom::all : helping::whom::disk_and_writer);
      },
      [this](const grow_device& request) -> caf::result<void> {
        return answer<void>([this, bytes = request.file_bytes]() -> result<void> {
          auto grown = device_.allocate(bytes);
          if (!grown && mutant("failed-growth-ignored")) return {};
          if (grown && shrink_to_ && !mutant("cut-takes-what-grew"))
            shrink_to_ = std::max(*shrink_to_, bytes);
          return grown;
        });
      },
      [this](const shrink_device& request) -> caf::result<void> {
        invariant(!shrinking_, "one cut at a time");
        shrinking_ = self_->make_response_promise<void>();
        auto promise = *shrinking_;
        call<void>(
            [this, bytes = request.file_bytes]() -> result<void> {
              shrink_to_ = bytes;
              return {};
            },
            [this](const result<void>&) { shrink(); });
        return promise;
      },
      [this](const close_device&) -> caf::result<void> {
        return answer<void>([this] {
          shrink_to_.reset();
          return device_.close();
        });
      },
  };
}

// Groups wait for one step at most.
void disk_state::shrink() {
  call<bool>([this] { return shrink_once(); },
             [this](const result<bool>& is_over) {
               if (is_over && !*is_over)
                 return compat::run_on(disk_actor{self_}, [this] { shrink(); });
               auto promise = *std::exchange(shrinking_, std::nullopt);
               if (is_over)
                 promise.deliver();
               else
                 promise.deliver(to_error(is_over.error()));
             });
}

// Answers whether the device is as short as it should be.
result<bool> disk_state::shrink_once() {
  if (!shrink_to_) return fail(errc::closed);
  const auto bytes = device_.size();
  const auto next = std::max(*shrink_to_, bytes - std::min(bytes, shrink_step_bytes));
  const bool is_last = next == *shrink_to_;
  auto shrunk = device_.resize(next);
  if (is_last || !shrunk) shrink_to_.reset();
  if (!shrunk) return std::move(shrunk).error();
  return is_last;
}

// The thread has one queue, so what is done is told in the order it was asked for.
template <class T, class Work, class Done>
void disk_state::call(Work work, Done done, helping::whom helped) {
  if (!thread_) return done(work());
  thread_->run([itself = disk_actor{self_}, messenger = messenger_, work = std::move(work),
                done = std::move(done), helped](const device_thread::jobs& others) {
    // What is thrown ends the actor, as from any of its handlers.
    std::exception_ptr thrown;
    std::optional<result<T>> outcome;
    try {
      outcome.emplace(work());
    } catch (...) {
      thrown = std::current_exception();
    }
    helping here{messenger->context, helped};
    compat::run_on(messenger->self->ptr(), itself,
                   [done, thrown, outcome = std::move(outcome)]() mutable {
                     if (thrown) std::rethrow_exception(thrown);
                     done(std::move(*outcome));
                   });
    here.run_until([&others] { return others.are_waiting(); });
  });
}

// Answers when the device has done it; at once where the actor calls it. The promise stays with the actor: CAF counts
// its copies without a lock.
template <class T, class Work>
caf::result<T> disk_state::answer(Work work, helping::whom helped) {
  auto promise = self_->template make_response_promise<T>();
  answers_.push_back(promise);
  const auto tell = [this](result<T> outcome) {
    auto answer = std::get<caf::typed_response_promise<T>>(std::move(answers_.front()));
    answers_.pop_front();
    if (!outcome)
      answer.deliver(to_error(outcome.error()));
    else if constexpr (std::is_void_v<T>)
      answer.deliver();
    else
      answer.deliver(*std::move(outcome));
  };
  call<T>(std::move(work), tell, helped);
  return promise;
}

}  // namespace stowage
