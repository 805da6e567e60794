#include <stowage/bench/measuring/table.hpp>

#include <stowage/bench/measuring/statistics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace stowage::bench {

namespace {

struct column {
  std::string title;
  std::vector<std::string> cells;
};

std::string cell(std::optional<double> figure, int decimals = -1) {
  if (!figure) return "-";
  return decimals < 0 ? to_figure(*figure) : fmt::format("{:.{}f}", *figure, decimals);
}

std::optional<double> median_if_any(const std::vector<double>& figures) {
  if (figures.empty()) return std::nullopt;
  return median(figures);
}

std::vector<std::string> other_names(const measurement& all) {
  std::vector<std::string> names;
  for (const auto& row : all.rows)
    for (const auto& round : row.also)
      for (const auto& [name, value] : round)
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::vector<column> columns_of(const measurement& all) {
  std::vector<column> columns;
  const auto add = [&](const std::string& title, auto cell_of) {
    column c{title, {}};
    for (const auto& row : all.rows) c.cells.push_back(cell_of(row));
    const bool is_empty =
        std::ranges::all_of(c.cells, [](const auto& text) { return text == "-"; });
    if (!is_empty) columns.push_back(std::move(c));
  };
  add(all.what.unit, [](const measured& r) { return cell(median_if_any(r.figures)); });
  add("min", [](const measured& r) { return cell(std::ranges::min(r.figures)); });
  add("max", [](const measured& r) { return cell(std::ranges::max(r.figures)); });
  add("x raw", [&](const measured& r) { return cell(all.x_device(r), 2); });
  add("x rival", [&](const measured& r) { return cell(all.x_best_rival(r), 2); });
  add("CPU us/op", [](const measured& r) { return cell(median_if_any(r.cpu_us_per_op)); });
  add("mallocs/op", [](const measured& r) { return cell(median_if_any(r.mallocs_per_op)); });
  add("messages/op", [](const measured& r) { return cell(median_if_any(r.messages_per_op)); });
  for (const auto& name : other_names(all))
    add(name, [&](const measured& r) { return cell(r.median_of(name)); });
  return columns;
}

}  // namespace

std::string to_figure(double figure) {
  if (figure == 0) return "0";
  const auto digits = static_cast<int>(std::floor(std::log10(std::abs(figure))));
  const auto decimals = std::clamp(2 - digits, 0, 3);
  return fmt::format("{:.{}f}", figure, decimals);
}

std::string to_table(const measurement& all) {
  auto text = fmt::format("{}: {}; {} rounds\n\n", all.what.id, all.what.title, all.rounds());
  std::size_t widest = 6;
  for (const auto& row : all.rows) widest = std::max(widest, row.name.size());
  const auto columns = columns_of(all);
  const auto width_of = [](const column& c) {
    auto width = c.title.size();
    for (const auto& figure : c.cells) width = std::max(width, figure.size());
    return width + 2;
  };
  text += fmt::format("{:<{}}", "engine", widest);
  for (const auto& c : columns) text += fmt::format("{:>{}}", c.title, width_of(c));
  text += '\n';
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    text += fmt::format("{:<{}}", all.rows[i].name, widest);
    for (const auto& c : columns) text += fmt::format("{:>{}}", c.cells[i], width_of(c));
    text += '\n';
  }
  text += '\n';
  for (const auto& row : all.rows) text += fmt::format("{}: {}\n", row.name, row.shape);
  for (const auto& note : all.notes) text += fmt::format("{}\n", note);
  return text;
}

}  // namespace stowage::bench
