// What the allocator's index of free space costs with up to a million runs in it, in ns per operation. Each is
// O(log n): from a thousand runs to a million the steps double, and each step is a miss of the CPU's caches by then,
// so a few times as much is what to expect, and not a thousand times.
#include <stowage/storage/space/free_map.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

namespace {

using namespace stowage;

/// Runs of 1 to 8 pages with a used page between any two: as fragmented as a file gets. One in a thousand is of
/// 64 pages.
free_map fragmented(std::int64_t runs) {
  free_map map;
  std::mt19937_64 random{1};
  std::uint64_t at = page_size;
  for (std::int64_t i = 0; i < runs; ++i) {
    const auto pages = i % 1000 == 0 ? 64 : 1 + random() % 8;
    map.release({at, pages * page_size});
    at += (pages + 1) * page_size;
  }
  return map;
}

void report(benchmark::State& state, const free_map& map) {
  state.counters["runs"] = static_cast<double>(map.run_count());
}

/// What a group takes, and what comes back when it is superseded.
void take_run_and_release(benchmark::State& state) {
  auto map = fragmented(state.range(0));
  while (state.KeepRunning()) {
    const auto taken = map.take_run(4 * page_size);
    benchmark::DoNotOptimize(taken);
    map.release(*taken);
  }
  report(state, map);
}

/// A run that only one in a thousand is long enough for.
void take_long_run_and_release(benchmark::State& state) {
  auto map = fragmented(state.range(0));
  while (state.KeepRunning()) {
    const auto taken = map.take_run(60 * page_size);
    benchmark::DoNotOptimize(taken);
    map.release(*taken);
  }
  report(state, map);
}

void take_best_fit_and_release(benchmark::State& state) {
  auto map = fragmented(state.range(0));
  while (state.KeepRunning()) {
    const auto taken = map.take_best_fit(5 * page_size);
    benchmark::DoNotOptimize(taken);
    map.release(*taken);
  }
  report(state, map);
}

/// A page between two runs comes back and is taken again, anywhere in the file: three runs become one and three
/// again.
void merge_and_split(benchmark::State& state) {
  auto map = fragmented(state.range(0));
  std::vector<extent> between;
  for (const auto& run : map) between.push_back({run.end(), page_size});
  between.pop_back();
  std::mt19937_64 random{2};
  while (state.KeepRunning()) {
    const auto& page = between[random() % between.size()];
    map.release(page);
    map.claim(page);
  }
  report(state, map);
}

}  // namespace

BENCHMARK(take_run_and_release)->RangeMultiplier(10)->Range(1000, 1'000'000);
BENCHMARK(take_long_run_and_release)->RangeMultiplier(10)->Range(1000, 1'000'000);
BENCHMARK(take_best_fit_and_release)->RangeMultiplier(10)->Range(1000, 1'000'000);
BENCHMARK(merge_and_split)->RangeMultiplier(10)->Range(1000, 1'000'000);
BENCHMARK_MAIN();
