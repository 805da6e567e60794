// What this process has used so far, and when it has nothing more to do.
//
// Contract: figures only grow; take two and subtract. CPU and mallocs are those of all threads, a library's too.
// Concurrency: any thread.
#pragma once

#include <cstdint>

namespace stowage::bench {

struct usage {
  /// User and system time.
  double cpu_seconds = 0;
  /// Calls of malloc, calloc, realloc and their like; 0 where they are not counted.
  std::uint64_t mallocs = 0;
};

[[nodiscard]] usage used_so_far();

/// Who counts mallocs: none, unless the program has a counter linked in and says so.
void count_mallocs_by(std::uint64_t (*counter)());

/// Returns when the process was idle for some 10 ms and no other thread wants to run, so that what an engine does in the background is not on
/// the next one's account; at the latest after 30 s.
void wait_until_idle();

}  // namespace stowage::bench
