// The table of mutants and the sources agree: each mutant stands in the engine once, and what kills it exists.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root{STOWAGE_SOURCE_DIR};

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(in, "cannot read " << path);
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp")
      found.push_back(entry.path());
  return found;
}

struct row {
  std::string name;
  std::string breaks;
  std::string how;
  std::string killer;
};

std::vector<row> table() {
  static const std::regex cells{R"(\| `([a-z0-9-]+)` \| ([^|]+) \| ([^|]+) \| `([^|`]+)` \|)"};
  std::vector<row> rows;
  std::ifstream in{root / "tests/mutation/mutants.md"};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::smatch m;
    BOOST_REQUIRE_MESSAGE(std::regex_match(line, m, cells), "not a row: " << line);
    rows.push_back({m[1], m[2], m[3], m[4]});
  }
  return rows;
}

/// Every `mutant("name")` outside the tests, and how often it stands there.
std::map<std::string, int> sites() {
  static const std::regex site{R"(\bmutant\(\s*"([^"]*)\"\s*\))"};
  std::map<std::string, int> found;
  for (const auto* folder :
       {"storage", "messages", "config", "actors", "client", "resp", "testkit", "cli"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& path : sources_below(root / folder)) {
      const auto text = read_file(path);
      for (std::sregex_iterator i{text.begin(), text.end(), site}, end; i != end; ++i)
        ++found[(*i)[1]];
    }
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table_of_mutants)

BOOST_AUTO_TEST_CASE(names_each_site_in_the_engine) {
  auto left = sites();
  for (const auto& r : table()) {
    BOOST_TEST(left[r.name] == 1, "the engine has " << left[r.name] << " sites of " << r.name);
    left.erase(r.name);
  }
  for (const auto& [name, count] : left) BOOST_ERROR("not in the table: " << name);
}

BOOST_AUTO_TEST_CASE(breaks_every_rule) {
  // R1 to R10 each have their part, and so has what is more than a rule.
  std::map<std::string, int> per_rule;
  for (const auto& r : table()) ++per_rule[r.breaks.substr(0, r.breaks.find_first_of(",("))];
  for (int rule = 1; rule <= 10; ++rule) BOOST_TEST(per_rule["R" + std::to_string(rule)] > 0);
  BOOST_TEST(table().size() >= 45U);
}

BOOST_AUTO_TEST_CASE(names_killers_that_exist) {
  for (const auto& r : table()) {
    // folder/suite/case, where a folder may have several parts.
    const fs::path killer{r.killer};
    const auto test_case = killer.filename().string();
    const auto suite = killer.parent_path().filename().string();
    const auto folder = root / "tests" / killer.parent_path().parent_path();
    BOOST_TEST_REQUIRE(fs::is_directory(folder), r.name << " names no folder: " << r.killer);
    const auto has = [](const std::string& text, const std::string& kind, const std::string& name) {
      return std::regex_search(text, std::regex{kind + R"(\(\s*(\w+,\s*)?)" + name + R"(\b)"});
    };
    const auto files = sources_below(folder);
    const bool exists = std::ranges::any_of(files, [&](const fs::path& file) {
      const auto text = read_file(file);
      return has(text, "TEST_SUITE", suite) && has(text, "TEST_CASE", test_case);
    });
    BOOST_TEST(exists, r.name << " names no test: " << r.killer);
  }
}

BOOST_AUTO_TEST_SUITE_END()
