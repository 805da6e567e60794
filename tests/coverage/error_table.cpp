#include <stowage/tests/coverage/error_table.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace stowage::coverage {

namespace {

constexpr std::string_view introduction =
    R"(# Error branches of storage/ and the tests that take them

Every place in `storage/` that makes a failure or hands one on, and a test that gets there. In a cell of
*what is wrong*, `…` stands for a value and `call(…) fails` for a failure of somebody else. *Code*: what
the failure says; *as given* where it is handed on, *by errno* where the system decides.

`scripts/coverage` writes this page from a measurement: of the tests that take a branch it names the one with the
fewest other error branches, from the folder that mirrors the source if there is one. The test
`coverage/error_branches` holds the page against the sources, so it fails when an error branch has no row,
or a row no branch or no test. The result type itself (`core/result.hpp`) is not in it, and broken
invariants are not: they never happen.
)";

constexpr std::string_view head =
    "| in | what is wrong | code | test |\n"
    "|---|---|---|---|\n";
constexpr std::string_view section = "## ";
constexpr std::string_view as_given = "as given";

std::string escaped(std::string_view cell) {
  std::string out;
  for (const char c : cell) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// Cuts the first line off `text`.
std::string_view next_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '|') {
      // One blank on either side.
      cells.push_back(cell.size() < 2 ? std::string{} : cell.substr(1, cell.size() - 2));
      cell.clear();
    } else {
      if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') ++i;
      cell.push_back(line[i]);
    }
  }
  return cells;
}

}  // namespace

table_row row_of(const error_site& site, std::string test) {
  return {site.file, site.function, site.what, site.codes, std::move(test)};
}

std::string to_markdown(const std::vector<table_row>& rows) {
  std::string out{introduction};
  std::string_view file;
  for (const auto& r : rows) {
    if (r.file != file) {
      file = r.file;
      out.append("\n").append(section).append(file).append("\n").append(head);
    }
    const std::array<std::string_view, 4> cells{
        r.function, r.what, r.codes.empty() ? as_given : std::string_view{r.codes}, r.test};
    for (const auto cell : cells) out += "| " + escaped(cell) + " ";
    out += "|\n";
  }
  return out;
}

std::vector<table_row> parse_table(std::string_view markdown) {
  std::vector<table_row> rows;
  std::string file;
  bool in_table = false;
  while (!markdown.empty()) {
    const auto line = next_line(markdown);
    if (line.starts_with(section)) file = line.substr(section.size());
    if (!line.starts_with("|")) in_table = false;
    if (in_table) {
      auto cells = cells_of(line);
      cells.resize(4);
      if (cells[2] == as_given) cells[2].clear();
      rows.push_back({file, cells[0], cells[1], cells[2], cells[3]});
    }
    if (line.starts_with("|---")) in_table = true;
  }
  return rows;
}

std::vector<std::string> complaints(const std::vector<table_row>& rows,
                                    const std::vector<error_site>& sites,
                                    const std::set<std::string>& tests) {
  std::vector<std::string> found;
  const auto name = [](const table_row& r) { return r.file + ", " + r.function + ": " + r.what; };
  std::vector<table_row> expected;
  for (const auto& s : sites) expected.push_back(row_of(s, {}));
  auto without_tests = rows;
  for (auto& r : without_tests) r.test.clear();
  for (const auto& r : expected)
    if (std::ranges::count(without_tests, r) < std::ranges::count(expected, r))
      found.push_back("an error branch without a row: " + name(r));
  for (const auto& r : without_tests)
    if (std::ranges::count(expected, r) < std::ranges::count(without_tests, r))
      found.push_back("a row without an error branch: " + name(r));
  if (found.empty() && expected != without_tests)
    found.emplace_back("the rows are not in the order of the sources");
  for (const auto& r : rows)
    if (!tests.contains(r.test))
      found.push_back((r.test.empty() ? "no test takes " : "no such test, " + r.test + ": ") +
                      name(r));
  return found;
}

}  // namespace stowage::coverage
