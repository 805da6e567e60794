#include <stowage/actors/disk.hpp>

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/device/time_slice.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace stowage {

disk_state::disk_state(disk_actor::pointer self, std::shared_ptr<block_device> device,
                       thread runs_on, const disk_metrics& metrics)
    : self_{self}, device_{std::move(device), metrics, [self] { return self->clock().now(); }} {
  // Everyone who waits for durability waits for this thread to be woken by the disk.
  if (runs_on == thread::its_own) thread_.emplace([] { ask_for_short_time_slices(); });
}

disk_actor::behavior_type disk_state::make_behavior() {
  return {
      [this](const execute_plan& request) -> caf::result<plan_executed> {
        return on_thread<plan_executed>([this, plan = request.plan]() -> result<plan_executed> {
          if (auto done = execute(*plan, device_);
              !done && !mutant("failed-commit-reported-as-done")) {
            // What is written to was allocated before: a disk that is full now has failed, and nothing of the plan
            // is certain. `no_space` says that nothing was taken.
            auto why = std::move(done).error();
            if (why.code == errc::no_space) why.code = errc::io_error;
            return why;
          }
          return plan_executed{round_down(device_.size(), page_size)};
        });
      },
      [this](const grow_device& request) -> caf::result<void> {
        return on_thread<void>([this, bytes = request.file_bytes]() -> result<void> {
          auto grown = device_.allocate(bytes);
          if (!grown && mutant("failed-growth-ignored")) return {};
          return grown;
        });
      },
      [this](const shrink_device& request) -> caf::result<void> {
        return on_thread<void>(
            [this, bytes = request.file_bytes] { return device_.resize(bytes); });
      },
      [this](const close_device&) -> caf::result<void> {
        return on_thread<void>([this] { return device_.close(); });
      },
  };
}

// Answers when the thread has done it; at once where the actor has none. The promise stays with the actor: CAF counts
// its copies without a lock. One thread answers in the order it was asked.
template <class T, class Work>
caf::result<T> disk_state::on_thread(Work work) {
  if (!thread_) {
    auto outcome = work();
    if (!outcome) return to_error(outcome.error());
    if constexpr (std::is_void_v<T>)
      return caf::unit;
    else
      return *std::move(outcome);
  }
  auto promise = self_->template make_response_promise<T>();
  answers_.push_back(promise);
  thread_->run([this, itself = disk_actor{self_}, work = std::move(work)] {
    // What is thrown ends the actor, as from any of its handlers.
    std::exception_ptr thrown;
    std::optional<result<T>> outcome;
    try {
      outcome.emplace(work());
    } catch (...) {
      thrown = std::current_exception();
    }
    compat::run_on(itself, [this, thrown, outcome = std::move(outcome)]() mutable {
      if (thrown) std::rethrow_exception(thrown);
      auto answer = std::get<caf::typed_response_promise<T>>(std::move(answers_.front()));
      answers_.pop_front();
      if (!*outcome)
        answer.deliver(to_error(outcome->error()));
      else if constexpr (std::is_void_v<T>)
        answer.deliver();
      else
        answer.deliver(**std::move(outcome));
    });
  });
  return promise;
}

}  // namespace stowage
