// What the reserve costs while the index grows, in ns per 256 KiB of checkpoint: the allocator asks that often. It
// takes the pieces that are missing, so a large reserve costs little more than a small one.
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/space/space_map.hpp>
#include <stowage/storage/space/space_reserve.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

using namespace stowage;

constexpr std::uint64_t step_bytes = 256 * limits::kib;

void reserve_that_grows(benchmark::State& state) {
  const auto steps = static_cast<std::uint64_t>(state.range(0));
  const auto head = 128 * limits::kib;
  while (state.KeepRunning()) {
    space_map space{head + 2 * space_reserve::target_bytes(steps * step_bytes), head};
    space_reserve reserve;
    for (std::uint64_t i = 1; i <= steps; ++i) {
      reserve.set_checkpoint_bytes(i * step_bytes);
      benchmark::DoNotOptimize(reserve.fill(space));
    }
  }
  state.counters["ns_per_step"] = benchmark::Counter(
      static_cast<double>(steps) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(reserve_that_grows)->RangeMultiplier(8)->Range(16, 8192)->Unit(benchmark::kMillisecond);

}  // namespace
