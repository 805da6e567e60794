#include <stowage/bench/measuring/zipf.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stowage::bench {

namespace {

constexpr double theta = 0.99;

double zeta(std::uint64_t count) {
  double sum = 0;
  for (std::uint64_t i = 1; i <= count; ++i) sum += std::pow(static_cast<double>(i), -theta);
  return sum;
}

// Where a rank lies: a factor that has no divisor in common with the count permutes.
std::uint64_t spread(std::uint64_t rank, std::uint64_t count) {
  std::uint64_t factor = 2'654'435'761;
  while (std::gcd(factor, count) != 1) ++factor;
  return (rank * (factor % count)) % count;
}

}  // namespace

zipf::zipf(std::uint64_t count)
    : count_{count},
      zeta_{zeta(count)},
      eta_{(1 - std::pow(2.0 / static_cast<double>(count), 1 - theta)) / (1 - zeta(2) / zeta_)} {}

std::uint64_t zipf::operator()(double uniform) const {
  const auto scaled = uniform * zeta_;
  if (scaled < 1) return spread(0, count_);
  if (scaled < zeta(2)) return spread(1, count_);
  const auto rank = static_cast<std::uint64_t>(
      static_cast<double>(count_) * std::pow(eta_ * uniform - eta_ + 1, 1 / (1 - theta)));
  return spread(std::min(rank, count_ - 1), count_);
}

}  // namespace stowage::bench
