// What reads by a view cost, and what it costs the registry that there are views.
//
// Reads: 100,000 values of 4 KiB, all in the payload cache, each read looks at the value's first and last bytes. The
// clock says ns per read of one thread; `items_per_second` is that of all threads together.
// Publication: a group of random overwrites of an index, published to views or not.
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/durable_reads.hpp>
#include <stowage/storage/index/block_index.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace stowage;

constexpr std::uint64_t seed = 7;
constexpr std::uint64_t values = 100'000;
constexpr std::uint64_t value_bytes = 4096;

std::string name_of(std::uint64_t n) {
  auto digits = std::to_string(n);
  return "key-" + std::string(12 - digits.size(), '0') + digits;
}

void put(block_index& index, const std::string& name, std::uint64_t ver, const chunk& where) {
  index.apply({op_kind::put, 0, name, version{ver}, 0, where.where.length, {&where, 1}}, ver,
              [](const block_ref&) {});
}

/// Values in memory, each stamped with its number at both ends.
struct hot_store {
  hot_store() {
    std::vector<std::byte> image(values * value_bytes);
    std::mt19937_64 random{seed};
    block_index index;
    for (std::uint64_t i = 0; i < values; ++i) {
      auto* at = image.data() + i * value_bytes;
      for (std::uint64_t k = 0; k < value_bytes; k += sizeof(std::uint64_t)) {
        const auto word = random();
        std::memcpy(at + k, &word, sizeof word);
      }
      std::memcpy(at, &i, sizeof i);
      std::memcpy(at + value_bytes - sizeof i, &i, sizeof i);
      names.push_back(name_of(i));
      const chunk where{{i * value_bytes, value_bytes}, checksum({at, value_bytes}, seed)};
      put(index, names.back(), i + 1, where);
    }
    device = std::make_shared<memory_device>(std::move(image));
    reads.emplace(device, std::make_shared<payload_cache>(512 * limits::mib), seed);
    reads->publish(index.snapshot());
    for (const auto& n : names) (void)reads->read(*reads->find(n), 0, UINT64_MAX);
  }

  static hot_store& instance() {
    static hot_store store;
    return store;
  }

  std::vector<std::string> names;
  std::shared_ptr<memory_device> device;
  std::optional<durable_reads> reads;
};

void hot_reads_by_a_view(benchmark::State& state) {
  auto& store = hot_store::instance();
  std::mt19937_64 random{seed + static_cast<std::uint64_t>(state.thread_index())};
  std::uint64_t wrong = 0;
  while (state.KeepRunning()) {
    const auto n = random() % values;
    auto found = store.reads->find(store.names[n]);
    const auto got = store.reads->read(*std::move(found), 0, UINT64_MAX);
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, got->bytes.data(), sizeof first);
    std::memcpy(&last, got->bytes.data() + value_bytes - sizeof last, sizeof last);
    if (first != n || last != n) ++wrong;
  }
  if (wrong > 0) state.SkipWithError("wrong bytes");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(hot_reads_by_a_view)->ThreadRange(1, 2)->UseRealTime();

void groups_of_overwrites(benchmark::State& state, bool with_views) {
  const auto blocks = static_cast<std::uint64_t>(state.range(0));
  const auto ops = state.range(1);
  block_index index;
  durable_reads reads{{}, std::make_shared<payload_cache>(0), seed};
  const chunk where{{1 << 20U, 100}, {}};
  std::uint64_t ver = 0;
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < blocks; ++i) names.push_back(name_of(i));
  for (const auto& n : names) put(index, n, ++ver, where);
  std::mt19937_64 random{seed};
  while (state.KeepRunning()) {
    for (std::int64_t i = 0; i < ops; ++i) put(index, names[random() % names.size()], ++ver, where);
    if (with_views) reads.publish(index.snapshot());
  }
  state.counters["ns_per_op"] = benchmark::Counter(
      static_cast<double>(ops) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(groups_of_overwrites, without_views, false)
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {1, 50, 1000}});
BENCHMARK_CAPTURE(groups_of_overwrites, with_views, true)
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {1, 50, 1000}});

}  // namespace
