// One table of a workload: who did the work, and what each round of theirs took.
//
// Contract: a value. A ratio is the median of the ratios within the rounds, always of speeds: 2 is twice as fast,
// whatever the unit.
// Concurrency: a plain value.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stowage::bench {

/// What somebody who takes part stands for.
enum class role {
  device,     ///< raw: what the others are compared with
  reference,  ///< another bound of what is possible
  ours,
  rival,
};

[[nodiscard]] std::string name_of(role what);

struct workload {
  /// As on the command line.
  std::string id;
  std::string title;
  /// Of the figure: of work per second, or "ms" for the time that a round takes.
  std::string unit;
  /// What one round does, in units; counts for nothing where the unit is "ms".
  double amount = 0;
  /// Ops of one round, for what is counted per op; 0: nothing is.
  double ops = 0;

  [[nodiscard]] bool is_time() const { return unit == "ms"; }
};

/// Figures beside the main one, of one round: "p99 us", 80.
using named_figures = std::vector<std::pair<std::string, double>>;

struct measured {
  std::string name;
  std::string shape;
  role what = role::ours;
  /// One a round.
  std::vector<double> figures;
  std::vector<double> cpu_us_per_op;
  std::vector<double> mallocs_per_op;
  /// Empty where there are no messages.
  std::vector<double> messages_per_op;
  std::vector<named_figures> also;

  /// The median of a figure that is in `also`, if it is.
  [[nodiscard]] std::optional<double> median_of(const std::string& figure) const;
};

struct measurement {
  workload what;
  std::vector<measured> rows;
  /// Sentences under the table.
  std::vector<std::string> notes;

  [[nodiscard]] std::size_t rounds() const {
    return rows.empty() ? 0 : rows.front().figures.size();
  }
  /// The speed of a row in that of the device; nothing if there is no device among the rows.
  [[nodiscard]] std::optional<double> x_device(const measured& row) const;
  /// The same in that of the fastest rival of each round; a rival's own, among the others.
  [[nodiscard]] std::optional<double> x_best_rival(const measured& row) const;
};

}  // namespace stowage::bench
