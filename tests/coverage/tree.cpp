#include <stowage/tests/coverage/tree.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace fs = std::filesystem;

namespace stowage::coverage {

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{"cannot read " + path.string()};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::map<std::string, source_text> storage_sources(const fs::path& root) {
  std::map<std::string, source_text> sources;
  for (const auto& entry : fs::recursive_directory_iterator{root / "storage"}) {
    const auto extension = entry.path().extension();
    if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".hpp")) continue;
    const auto file = entry.path().lexically_relative(root).generic_string();
    sources.emplace(file, read_file(entry.path()));
  }
  return sources;
}

error_scan scan_all(const std::map<std::string, source_text>& sources) {
  failure_names names;
  for (const auto& [file, source] : sources) add_failure_names(source, names);
  error_scan all;
  for (const auto& [file, source] : sources) {
    // What failures are made of.
    if (file == "storage/core/result.hpp") continue;
    auto found = scan_errors(file, source, names);
    all.sites.insert(all.sites.end(), found.sites.begin(), found.sites.end());
    all.unrecognized.insert(all.unrecognized.end(), found.unrecognized.begin(),
                            found.unrecognized.end());
  }
  return all;
}

std::set<std::string> test_names_in(const std::string& folder, std::string_view text) {
  const source_text source{std::string{text}};
  const auto& tokens = source.tokens();
  std::set<std::string> names;
  std::vector<std::string> path{folder};
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    const std::string_view word = tokens[i].text;
    if (!word.starts_with("BOOST_")) continue;
    if (word == "BOOST_AUTO_TEST_SUITE_END") {
      path.pop_back();
    } else if (word.ends_with("_TEST_SUITE")) {
      path.push_back(tokens[i + 2].text);
    } else if (word.ends_with("_TEST_CASE")) {
      std::string name;
      for (const auto& part : path) name += part + "/";
      names.insert(name + tokens[i + 2].text);
    }
  }
  return names;
}

std::set<std::string> test_names(const fs::path& root) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator{root / "tests"}) {
    if (!entry.is_regular_file() || !entry.path().filename().string().ends_with("_test.cpp"))
      continue;
    const auto folder =
        entry.path().parent_path().lexically_relative(root / "tests").generic_string();
    names.merge(test_names_in(folder, read_file(entry.path())));
  }
  return names;
}

}  // namespace stowage::coverage
