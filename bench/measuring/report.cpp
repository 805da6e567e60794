#include <stowage/bench/measuring/report.hpp>

#include <stowage/bench/measuring/statistics.hpp>
#include <stowage/bench/measuring/table.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

namespace stowage::bench {

namespace {

using json = nlohmann::ordered_json;

json or_null(std::optional<double> figure) { return figure ? json(*figure) : json(nullptr); }

json median_or_null(const std::vector<double>& figures) {
  return figures.empty() ? json(nullptr) : json(median(figures));
}

json row_to_json(const measurement& all, const measured& row) {
  auto also = json::object();
  for (const auto& round : row.also)
    for (const auto& [name, value] : round) also[name].push_back(value);
  return {{"engine", row.name},
          {"role", name_of(row.what)},
          {"shape", row.shape},
          {"median", median_or_null(row.figures)},
          {"rounds", row.figures},
          {"x_raw", or_null(all.x_device(row))},
          {"x_best_rival", or_null(all.x_best_rival(row))},
          {"cpu_us_per_op", median_or_null(row.cpu_us_per_op)},
          {"mallocs_per_op", median_or_null(row.mallocs_per_op)},
          {"messages_per_op", median_or_null(row.messages_per_op)},
          {"also", std::move(also)}};
}

json to_json(const measurement& all) {
  auto rows = json::array();
  for (const auto& row : all.rows) rows.push_back(row_to_json(all, row));
  return {{"workload", all.what.id}, {"title", all.what.title}, {"unit", all.what.unit},
          {"ops", all.what.ops},     {"rows", std::move(rows)}, {"notes", all.notes}};
}

json to_json(const chart& what) {
  auto lines = json::array();
  for (const auto& l : what.lines) lines.push_back({{"name", l.name}, {"points", l.points}});
  return {{"file", what.file_name + ".svg"},
          {"title", what.title},
          {"x", what.x.title},
          {"y", what.y.title},
          {"lines", std::move(lines)}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (!file) throw std::runtime_error{"cannot write " + path};
}

}  // namespace

void report::add(measurement what) {
  fmt::print("{}\n", to_table(what));
  (void)std::fflush(stdout);
  measurements_.push_back(std::move(what));
}

nlohmann::ordered_json report::to_json() const {
  auto measurements = json::array();
  for (const auto& m : measurements_) measurements.push_back(bench::to_json(m));
  auto charts = json::array();
  for (const auto& c : charts_) charts.push_back(bench::to_json(c));
  return {{"format", 1}, {"measurements", std::move(measurements)}, {"charts", std::move(charts)}};
}

void report::write_json(const std::string& path) const {
  write_file(path, to_json().dump(2) + "\n");
}

void report::write_charts(const std::string& directory) const {
  std::filesystem::create_directories(directory);
  for (const auto& c : charts_) write_file(directory + "/" + c.file_name + ".svg", to_svg(c));
}

}  // namespace stowage::bench
