#include <stowage/actors/disk.hpp>

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/device/time_slice.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <utility>

namespace stowage {

disk_state::disk_state(disk_actor::pointer self, std::shared_ptr<block_device> device,
                       thread runs_on, const disk_metrics& metrics)
    : device_{std::move(device), metrics, [self] { return self->clock().now(); }},
      runs_on_{runs_on} {}

disk_actor::behavior_type disk_state::make_behavior() {
  // Everyone who waits for durability waits for this thread to be woken by the disk.
  if (runs_on_ == thread::its_own) ask_for_short_time_slices();
  return {
      [this](const execute_plan& request) -> caf::result<plan_executed> {
        if (auto done = execute(*request.plan, device_);
            !done && !mutant("failed-commit-reported-as-done")) {
          // What is written to was allocated before: a disk that is full now has failed, and nothing of the plan
          // is certain. `no_space` says that nothing was taken.
          auto why = std::move(done).error();
          if (why.code == errc::no_space) why.code = errc::io_error;
          return to_error(why);
        }
        return plan_executed{round_down(device_.size(), page_size)};
      },
      [this](const grow_device& request) -> caf::result<void> {
        if (auto grown = device_.allocate(request.file_bytes);
            !grown && !mutant("failed-growth-ignored"))
          return to_error(grown.error());
        return caf::unit;
      },
      [this](const shrink_device& request) -> caf::result<void> {
        if (auto cut = device_.resize(request.file_bytes); !cut) return to_error(cut.error());
        return caf::unit;
      },
      [this](const close_device&) -> caf::result<void> {
        if (auto closed = device_.close(); !closed) return to_error(closed.error());
        return caf::unit;
      },
  };
}

}  // namespace stowage
