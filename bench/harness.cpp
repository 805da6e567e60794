#include <stowage/bench/harness.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>
#include <utility>

namespace stowage::bench {

namespace {

// User and system time of the whole process so far.
double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct row {
  std::vector<double> figure;
  std::vector<double> ratio;
  std::vector<double> cpu_us_per_op;
};

constexpr std::size_t slices = std::size_t{1} << 20U;

}  // namespace

value_source::value_source(std::size_t value_bytes, std::uint64_t seed)
    : value_bytes_{value_bytes} {
  // A slice starts at each byte.
  std::mt19937_64 random{seed};
  std::vector<std::byte> bytes(slices + value_bytes);
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= bytes.size();
       at += sizeof(std::uint64_t)) {
    const auto n = random();
    std::memcpy(bytes.data() + at, &n, sizeof n);
  }
  pool_ = shared_bytes{std::move(bytes)};
}

shared_bytes value_source::value(std::uint64_t n) const {
  // An odd factor permutes the starts, so that neighbours do not overlap.
  return pool_.slice((n * 40'503) % slices, value_bytes_);
}

void measure(const workload& what, const std::vector<participant>& who, unsigned rounds) {
  std::vector<row> rows(who.size());
  for (unsigned round = 0; round <= rounds; ++round) {
    std::vector<double> figures(who.size());
    for (std::size_t turn = 0; turn < who.size(); ++turn) {
      const auto i = (round + turn) % who.size();
      if (who[i].prepare) who[i].prepare(round);
      const auto cpu = cpu_seconds();
      const auto start = std::chrono::steady_clock::now();
      who[i].run(round);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      const auto used = cpu_seconds() - cpu;
      if (who[i].check) who[i].check(round);
      figures[i] = what.amount / took.count();
      if (round > 0) rows[i].cpu_us_per_op.push_back(1e6 * used / what.ops);
    }
    if (round == 0) continue;
    for (std::size_t i = 0; i < who.size(); ++i) {
      rows[i].figure.push_back(figures[i]);
      rows[i].ratio.push_back(figures[i] / figures[0]);
    }
  }
  fmt::print("{}; {} rounds\n\n", what.title, rounds);
  fmt::print("{:<10} {:>12} {:>12} {:>12} {:>10} {:>14}\n", "engine", what.unit, "min", "max",
             "x raw", "CPU us per op");
  for (std::size_t i = 0; i < who.size(); ++i) {
    const auto& figure = rows[i].figure;
    fmt::print("{:<10} {:>12.0f} {:>12.0f} {:>12.0f} {:>10.2f} {:>14.1f}\n", who[i].name,
               median(figure), *std::ranges::min_element(figure), *std::ranges::max_element(figure),
               median(rows[i].ratio), median(rows[i].cpu_us_per_op));
  }
  fmt::print("\n");
  for (const auto& p : who) fmt::print("{}: {}\n", p.name, p.shape);
  fmt::print("\n");
}

double median(std::vector<double> figures) {
  std::ranges::sort(figures);
  const auto middle = figures.size() / 2;
  return figures.size() % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
}

}  // namespace stowage::bench
