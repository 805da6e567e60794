#include <stowage/bench/engine.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace stowage::bench {

namespace {

// W1: 500 updates of 4 KiB over 500 existing blocks in random order, accepted, then one flush.
constexpr std::uint32_t block_count = 500;
constexpr std::size_t value_bytes = 4096;

// Incompressible and different each time, so that neither device nor engine can save work.
shared_bytes make_value(std::mt19937_64& random) {
  std::vector<std::byte> bytes(value_bytes);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const auto n = random();
    std::memcpy(bytes.data() + at, &n, sizeof n);
  }
  return shared_bytes{std::move(bytes)};
}

struct measured {
  std::unique_ptr<engine> what;
  std::vector<double> accepted;
  std::vector<double> durable;
  std::vector<double> ratio;
  std::string last_round;
};

void verify(engine& e, const std::vector<update>& updates) {
  for (const auto& u : updates)
    if (!(e.read(u.block) == u.value))
      throw std::runtime_error{fmt::format("{}: block {} reads back wrong", e.name(), u.block)};
}

}  // namespace

void run_w1(const options& how) {
  const auto& [directory, rounds, seed, scale] = how;
  std::mt19937_64 random{seed};
  std::vector<measured> engines;
  const auto take_part = [&](std::unique_ptr<engine> what) {
    measured m;
    m.what = std::move(what);
    engines.push_back(std::move(m));
  };
  take_part(make_raw_engine(directory));
  take_part(make_stowage_engine(directory, sync_mode::group));
  take_part(make_stowage_engine(directory, sync_mode::lazy));
  std::vector<shared_bytes> first;
  for (std::uint32_t i = 0; i < block_count; ++i) first.push_back(make_value(random));
  for (auto& e : engines) e.what->fill(first);

  // One round more than is counted: the first one warms up.
  for (unsigned round = 0; round <= rounds; ++round) {
    std::vector<update> updates(block_count);
    for (std::uint32_t i = 0; i < block_count; ++i) updates[i] = {i, make_value(random)};
    std::ranges::shuffle(updates, random);
    std::vector<round_figures> figures(engines.size());
    for (std::size_t turn = 0; turn < engines.size(); ++turn) {
      const auto i = (round + turn) % engines.size();
      figures[i] = engines[i].what->update_then_flush(updates);
      engines[i].last_round = engines[i].what->last_round();
      verify(*engines[i].what, updates);
    }
    if (round == 0) continue;
    for (std::size_t i = 0; i < engines.size(); ++i) {
      engines[i].accepted.push_back(figures[i].accepted_ms);
      engines[i].durable.push_back(figures[i].durable_ms);
      engines[i].ratio.push_back(figures[i].durable_ms / figures[0].durable_ms);
    }
  }

  fmt::print(
      "W1: {} updates of {} B over {} blocks in random order, accepted, one flush; {} rounds, seed "
      "{}\n\n",
      block_count, value_bytes, block_count, rounds, seed);
  fmt::print("{:<12} {:>14} {:>12} {:>12} {:>12} {:>10}\n", "engine", "accepted ms", "total ms",
             "min", "max", "x raw");
  for (const auto& e : engines)
    fmt::print("{:<12} {:>14.2f} {:>12.2f} {:>12.2f} {:>12.2f} {:>10.2f}\n", e.what->name(),
               median(e.accepted), median(e.durable), *std::ranges::min_element(e.durable),
               *std::ranges::max_element(e.durable), median(e.ratio));
  fmt::print("\n");
  for (const auto& e : engines)
    fmt::print("{}: {}; last round: {}\n", e.what->name(), e.what->shape(), e.last_round);
}

}  // namespace stowage::bench
