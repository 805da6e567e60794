// A store that goes on after a crash, and crashes again at each of its operations.
//
// Contract: throws std::runtime_error where one of the second crashes cannot be recovered to an allowed state.
// The first of them are crashes of the recovery itself.
// Concurrency: one thread.
// Limits: copies the image: for a sample of the crashes.
#pragma once

#include <stowage/tests/storage/recovery/crash_life.hpp>
#include <stowage/tests/storage/recovery/recovery_check.hpp>
#include <stowage/tests/storage/recovery/workload.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace stowage::test {

/// What a recovery of this crash may find.
inline allowed_fn allowed(const crash& c) {
  return [&c](const recovered_store& got, block_device& device) {
    const auto at = got.position.last;
    if (at < c.acked) throw std::runtime_error{"an acknowledged group is lost"};
    if (at > c.issued) throw std::runtime_error{"a group that was never written"};
    if (auto complaint = complaint_about(got, device, c.states.at(at)); !complaint.empty())
      throw std::runtime_error{"at record " + std::to_string(at.value) + ": " + complaint};
  };
}

/// `state` is what `crashed` holds at record `at`. Answers how many crashes there were.
inline std::uint64_t require_second_life(const image& crashed, lsn at, const store_state& state,
                                         std::uint64_t seed) {
  workload work{seed};
  life next{crashed, at, state, work.habits()};
  work.live(next, 2);
  std::uint64_t crashes = 0;
  const crash_effort brief{4, 3};
  next.for_each_crash(seed, brief, [&](crash& again) {
    ++crashes;
    try {
      (void)require_recoverable(again.device, allowed(again));
    } catch (const std::exception& e) {
      throw std::runtime_error{"second life: " + again.place + ": " + e.what()};
    }
  });
  return crashes;
}

}  // namespace stowage::test
