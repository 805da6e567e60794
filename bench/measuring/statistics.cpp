#include <stowage/bench/measuring/statistics.hpp>

#include <algorithm>
#include <cstddef>

namespace stowage::bench {

double median(std::vector<double> figures) {
  std::ranges::sort(figures);
  const auto middle = figures.size() / 2;
  return figures.size() % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
}

double quantile(const std::vector<double>& sorted, double of) {
  return sorted[static_cast<std::size_t>(of * static_cast<double>(sorted.size() - 1))];
}

}  // namespace stowage::bench
