// What a page of metrics says, as tests ask for it.
//
// Contract: the samples of a page in Prometheus' text format. A sample is named as on the page, without the label
// `store`: `stowage_groups_total`, `stowage_batches_closed_total{cause="ops"}`. One that is not there is NaN, which
// equals nothing.
// Concurrency: a plain value.
// Limits: of one store; label values hold neither commas nor braces.
#pragma once

#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace stowage::test {

class exported_metrics {
 public:
  explicit exported_metrics(const std::string& page) {
    std::istringstream lines{page};
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line.front() == '#') continue;
      const auto end = line.find_first_of(" {");
      auto name = line.substr(0, end);
      auto rest = line.substr(end);
      if (rest.front() == '{') {
        const auto close = rest.find('}');
        name += without_store(rest.substr(1, close - 1));
        rest.erase(0, close + 1);
      }
      samples_[std::move(name)] = std::stod(rest);
    }
  }

  [[nodiscard]] double operator[](const std::string& name) const {
    const auto found = samples_.find(name);
    return found == samples_.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  }
  /// Of all samples whose names begin so.
  [[nodiscard]] double sum(std::string_view begin) const {
    double all = 0;
    for (const auto& [name, value] : samples_)
      if (name.starts_with(begin)) all += value;
    return all;
  }

 private:
  static std::string without_store(const std::string& labels) {
    std::string kept;
    std::istringstream all{labels};
    for (std::string label; std::getline(all, label, ',');) {
      if (label.starts_with("store=")) continue;
      if (!kept.empty()) kept += ',';
      kept += label;
    }
    return kept.empty() ? kept : "{" + kept + "}";
  }

  std::map<std::string, double> samples_;
};

}  // namespace stowage::test
