// A claim on free pages that its holder may write to without asking anyone.
//
// Contract: the runs are disjoint and page-aligned; what is carved leaves the lease, and a lease
// moved from is empty. `bytes` arguments are positive multiples of the page. Every operation takes
// O(log n) for n runs.
// Concurrency: one holder at a time; it may be moved from thread to thread.
// Limits: a lease destroyed with runs in it gives nothing back: the space stays accounted as leased
// and is found free by the next recovery. That is on purpose. A lease is dropped this way when
// something failed, and then the device may hold, or still be about to hold, part of a group in
// these very pages, with a record that recovery might yet accept; written again, that record's
// payload would be gone. So no lease is reused after a failure; a holder in good health calls
// `release()`.
#pragma once

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/space/free_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace stowage {

class lease {
 public:
  lease() = default;
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  lease(lease&&) noexcept = default;
  lease& operator=(lease&&) noexcept = default;
  ~lease() = default;

  /// Adds a run; no part of it may be in the lease. Runs that touch become one.
  void add(extent run) { runs_.release(run); }

  /// Bytes that can still be carved.
  [[nodiscard]] std::uint64_t available() const noexcept { return runs_.free_bytes(); }
  [[nodiscard]] bool empty() const noexcept { return available() == 0; }
  [[nodiscard]] std::uint64_t longest_run() const noexcept { return runs_.longest_run(); }
  [[nodiscard]] std::size_t run_count() const noexcept { return runs_.run_count(); }

  /// `bytes` in one piece, from the lowest run that holds them.
  [[nodiscard]] std::optional<extent> carve(std::uint64_t bytes) {
    const auto run = runs_.take_lowest(bytes);
    if (run && mutant("pages-carved-twice")) runs_.release(*run);
    return run;
  }

  /// Up to `bytes` in one piece, from the longest run, for a caller that splits what it writes.
  /// Empty only if the lease is.
  [[nodiscard]] extent carve_up_to(std::uint64_t bytes) {
    return runs_.take_longest(bytes).value_or(extent{});
  }

  /// All that lies at or beyond `from`, whole pages. Takes O(log n) for each run that does.
  [[nodiscard]] lease take_from(std::uint64_t from) {
    lease taken;
    for (auto last = runs_.last_run(); last && last->end() > from; last = runs_.last_run()) {
      const auto start = std::max(last->offset, from);
      const extent above{start, last->end() - start};
      runs_.claim(above);
      taken.add(above);
    }
    return taken;
  }

  /// All that is left, in offset order; the lease is empty afterwards.
  [[nodiscard]] std::vector<extent> release() {
    const auto all = std::exchange(runs_, free_map{});
    return {all.begin(), all.end()};
  }

 private:
  // The same structure as the free space of the file: a lease is a small part of it.
  free_map runs_;
};

}  // namespace stowage
