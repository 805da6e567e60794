#include <stowage/bench/measuring/measurement.hpp>

#include <stowage/bench/measuring/statistics.hpp>

#include <algorithm>
#include <cstddef>

namespace stowage::bench {

namespace {

double speed(const workload& what, double figure) { return what.is_time() ? 1 / figure : figure; }

}  // namespace

std::string name_of(role what) {
  switch (what) {
    case role::device: return "device";
    case role::reference: return "reference";
    case role::ours: return "ours";
    case role::rival: break;
  }
  return "rival";
}

std::optional<double> measured::median_of(const std::string& figure) const {
  std::vector<double> found;
  for (const auto& round : also)
    for (const auto& [its_name, value] : round)
      if (its_name == figure) found.push_back(value);
  if (found.empty()) return std::nullopt;
  return median(std::move(found));
}

std::optional<double> measurement::x_device(const measured& row) const {
  const auto device = std::ranges::find(rows, role::device, &measured::what);
  if (device == rows.end()) return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t round = 0; round < row.figures.size(); ++round)
    ratios.push_back(speed(what, row.figures[round]) / speed(what, device->figures[round]));
  return median(std::move(ratios));
}

std::optional<double> measurement::x_best_rival(const measured& row) const {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < row.figures.size(); ++round) {
    double best = 0;
    for (const auto& r : rows)
      if (r.what == role::rival && &r != &row) best = std::max(best, speed(what, r.figures[round]));
    if (best > 0) ratios.push_back(speed(what, row.figures[round]) / best);
  }
  if (ratios.empty()) return std::nullopt;
  return median(std::move(ratios));
}

}  // namespace stowage::bench
