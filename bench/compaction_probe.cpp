#include <stowage/bench/compaction_probe.hpp>

#include <stowage/bench/measuring/statistics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>

namespace stowage::bench {

using clock = std::chrono::steady_clock;

void compaction_probe::look(running_store& store) {
  const auto alone = time_puts(store, [&](std::uint64_t done) { return done < puts_alone_; });
  std::atomic<bool> compacting = true;
  auto compaction = std::async(std::launch::async, [&] {
    auto client = store.client().for_another_thread();
    const auto start = clock::now();
    auto done = client.compact();
    seconds_.push_back(std::chrono::duration<double>(clock::now() - start).count());
    compacting = false;
    return done;
  });
  const auto beside = time_puts(store, [&](std::uint64_t) { return compacting.load(); });
  moved_mb_.push_back(static_cast<double>(unwrap(compaction.get()).bytes_moved) / 1e6);
  puts_during_.push_back(static_cast<double>(beside.size()));
  if (!beside.empty()) {
    p50_ratio_.push_back(quantile(beside, 0.5) / quantile(alone, 0.5));
    p99_ratio_.push_back(quantile(beside, 0.99) / quantile(alone, 0.99));
    p99_alone_.push_back(quantile(alone, 0.99));
    p99_beside_.push_back(quantile(beside, 0.99));
  }
  (void)unwrap(store.client().compact());
  const auto status = unwrap(store.client().status());
  compacted_.push_back(static_cast<double>(status.file_bytes) /
                       static_cast<double>(status.value_bytes));
}

void compaction_probe::add_notes(std::vector<std::string>& to) const {
  if (compacted_.empty()) return;
  to.push_back(fmt::format(
      "stowage after compactions: file / live bytes {:.2f}; a compaction while a client writes: "
      "{:.2f} s, {:.0f} MB moved",
      median(compacted_), median(seconds_), median(moved_mb_)));
  if (p99_ratio_.empty()) return;
  to.push_back(fmt::format(
      "that client's durable puts of 4 KiB, beside it and alone: p50 x{:.2f}, p99 x{:.2f} ({:.0f} "
      "and {:.0f} us), {:.0f} puts",
      median(p50_ratio_), median(p99_ratio_), median(p99_beside_), median(p99_alone_),
      median(puts_during_)));
}

std::vector<double> compaction_probe::time_puts(running_store& store,
                                                const std::function<bool(std::uint64_t)>& go_on) {
  std::vector<double> us;
  for (std::uint64_t n = 0; go_on(n); ++n) {
    // Blocks of its own: what the others hold is what the space is compared with.
    const auto value = values_.value(n);
    const auto start = clock::now();
    (void)unwrap(
        store.client().put(fmt::format("beside-{}", n % 1000), value, durability::durable));
    us.push_back(std::chrono::duration<double, std::micro>(clock::now() - start).count());
  }
  std::ranges::sort(us);
  return us;
}

}  // namespace stowage::bench
