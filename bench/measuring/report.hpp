// What a run of the bench has found: printed as it comes, kept as one JSON document and as charts.
//
// Contract: `add` prints the table. The document has `format` 1; fields are added to it, never changed. Files are
// replaced; one that cannot be written throws.
// Concurrency: one thread.
#pragma once

#include <stowage/bench/measuring/chart.hpp>
#include <stowage/bench/measuring/measurement.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace stowage::bench {

class report {
 public:
  void add(measurement what);
  void add(chart what) { charts_.push_back(std::move(what)); }

  [[nodiscard]] nlohmann::ordered_json to_json() const;
  void write_json(const std::string& path) const;
  /// A file for each chart, into a directory that is made if there is none.
  void write_charts(const std::string& directory) const;

 private:
  std::vector<measurement> measurements_;
  std::vector<chart> charts_;
};

}  // namespace stowage::bench
