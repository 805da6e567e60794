// stowage-bench: the named workloads, engines taking turns in one run.
//
// Machines are shared and noisy, so an absolute figure says little: in each round every engine does the
// same work, another one first each time, and what counts is the median of the ratios within a round.
#include <stowage/bench/engine.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace stowage;
using namespace stowage::bench;

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

double median(std::vector<double> figures) {
  std::ranges::sort(figures);
  const auto middle = figures.size() / 2;
  return figures.size() % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
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

void run_w1(const std::string& directory, unsigned rounds, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<measured> engines;
  for (auto* make : {&make_raw_engine, &make_stowage_engine}) {
    measured m;
    m.what = make(directory);
    engines.push_back(std::move(m));
  }
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
  fmt::print("{:<10} {:>14} {:>12} {:>12} {:>12} {:>10}\n", "engine", "accepted ms", "total ms",
             "min", "max", "x raw");
  for (const auto& e : engines)
    fmt::print("{:<10} {:>14.2f} {:>12.2f} {:>12.2f} {:>12.2f} {:>10.2f}\n", e.what->name(),
               median(e.accepted), median(e.durable), *std::ranges::min_element(e.durable),
               *std::ranges::max_element(e.durable), median(e.ratio));
  fmt::print("\n");
  for (const auto& e : engines)
    fmt::print("{}: {}; last round: {}\n", e.what->name(), e.what->shape(), e.last_round);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures Stowage beside the raw device (medians; ratios within a round)."};
  std::string workload = "W1";
  std::string directory;
  unsigned rounds = 21;
  std::uint64_t seed = 1;
  app.add_option("workload", workload, "W1")->check(CLI::IsMember({"W1"}));
  app.add_option("--directory", directory,
                 "where to put the files (default: a new one under the temporary directory)");
  app.add_option("--rounds", rounds, "counted rounds")->check(CLI::Range(1, 10'000));
  app.add_option("--seed", seed, "seed of values and order");
  CLI11_PARSE(app, argc, argv);
  try {
    const bool is_ours = directory.empty();
    if (is_ours) {
      directory = (std::filesystem::temp_directory_path() / "stowage-bench-XXXXXX").string();
      if (::mkdtemp(directory.data()) == nullptr)
        throw std::runtime_error{"no temporary directory"};
    }
    run_w1(directory, rounds, seed);
    if (is_ours) std::filesystem::remove_all(directory);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "stowage-bench: {}\n", e.what());
    return 1;
  }
}
