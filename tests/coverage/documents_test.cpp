// What docs/durability.md says of the tree is there: files, functions, tests.

#include <stowage/tests/coverage/tree.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using namespace stowage::coverage;

namespace {

/// What stands between backticks and names something in the tree: it has a `/`, and neither begins nor ends with it.
std::vector<std::string> names_in(std::string_view document) {
  std::vector<std::string> names;
  for (auto at = document.find('`'); at != std::string_view::npos;
       at = document.find('`', at + 1)) {
    const auto end = document.find('`', at + 1);
    if (end == std::string_view::npos) break;
    const auto name = document.substr(at + 1, end - at - 1);
    if (name.find('/') != std::string_view::npos && !name.starts_with('/') &&
        !name.ends_with('/') && name.find_first_of(" \n") == std::string_view::npos)
      names.emplace_back(name);
    at = end;
  }
  return names;
}

/// Empty, or what is wrong with a name.
std::string complaint_about(const std::string& name, const fs::path& root,
                            const std::set<std::string>& tests) {
  const auto colon = name.find(':');
  const auto file = name.substr(0, colon);
  if (file.find('.') == std::string::npos) {
    if (tests.contains(name) || fs::exists(root / "tests" / (name + ".sh"))) return {};
    return "no such test: " + name;
  }
  if (!fs::exists(root / file)) return "no such file: " + file;
  if (colon == std::string::npos) return {};
  const source_text source{read_file(root / file)};
  const auto function = name.substr(colon + 1);
  if (std::ranges::count(source.functions(), function, &function_body::name) > 0) return {};
  return "no such function: " + name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(what_they_name_is_there) {
  const fs::path root{STOWAGE_SOURCE_DIR};
  const auto names = names_in(read_file(root / "docs" / "durability.md"));
  BOOST_TEST(names.size() > 50U);
  const auto tests = test_names(root);
  for (const auto& name : names) {
    const auto complaint = complaint_about(name, root, tests);
    BOOST_TEST(complaint == "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_found) {
  const fs::path root{STOWAGE_SOURCE_DIR};
  const std::set<std::string> tests{"storage/a/b"};
  BOOST_TEST(complaint_about("storage/a/b", root, tests) == "");
  BOOST_TEST(complaint_about("cli/serve", root, tests) == "");
  BOOST_TEST(complaint_about("storage/recovery.cpp:fence", root, tests) == "");
  BOOST_TEST(complaint_about("storage/a/c", root, tests) == "no such test: storage/a/c");
  BOOST_TEST(complaint_about("storage/none.cpp", root, tests) == "no such file: storage/none.cpp");
  BOOST_TEST(complaint_about("storage/recovery.cpp:hedge", root, tests) ==
             "no such function: storage/recovery.cpp:hedge");
}

BOOST_AUTO_TEST_SUITE_END()
