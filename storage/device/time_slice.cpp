#include <stowage/storage/device/time_slice.hpp>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace stowage {

namespace {

/// The least that the kernel grants.
constexpr std::uint64_t slice_ns = 100'000;

// The first version of the kernel's structure; the C library has none.
struct scheduling {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;
  std::uint64_t deadline;
  std::uint64_t period;
};
static_assert(sizeof(scheduling) == 48);

}  // namespace

bool ask_for_short_time_slices() noexcept {
  // What is there stays as it is: policy and niceness are the host's.
  scheduling s{};
  if (::syscall(SYS_sched_getattr, 0, &s, sizeof(s), 0) != 0 || s.policy != SCHED_OTHER)
    return false;
  s.size = sizeof(s);
  s.runtime = slice_ns;
  return ::syscall(SYS_sched_setattr, 0, &s, 0) == 0;
}

}  // namespace stowage
