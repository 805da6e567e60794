// docs/error-branches.md is complete, and would be found out if it were not.

#include <stowage/tests/coverage/error_table.hpp>
#include <stowage/tests/coverage/tree.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage::coverage;

namespace {

error_site site(std::string what) {
  return {"storage/a.cpp", "f", std::move(what), "corrupt", {}, false};
}

const std::vector<error_site> two_sites{site("first"), site("second")};
const std::vector<table_row> two_rows{row_of(two_sites[0], "storage/s/one"),
                                      row_of(two_sites[1], "storage/s/two")};
const std::set<std::string> two_tests{"storage/s/one", "storage/s/two"};

}  // namespace

BOOST_AUTO_TEST_SUITE(error_branches)

BOOST_AUTO_TEST_CASE(each_has_a_row_and_a_test_that_exists) {
  const std::filesystem::path root{STOWAGE_SOURCE_DIR};
  const auto scan = scan_all(storage_sources(root));
  for (const auto& where : scan.unrecognized)
    BOOST_ERROR(where << ": a code is used in a way that the table of error branches does not see");
  // A wrong root would find nothing, and so nothing wrong.
  BOOST_TEST(scan.sites.size() > 150U);
  const auto rows = parse_table(read_file(root / "docs" / "error-branches.md"));
  for (const auto& complaint : complaints(rows, scan.sites, test_names(root)))
    BOOST_ERROR(complaint << " (`scripts/coverage --write` measures and writes the table)");
}

BOOST_AUTO_TEST_CASE(a_table_that_agrees_has_no_complaints) {
  BOOST_TEST(complaints(two_rows, two_sites, two_tests).empty());
}

BOOST_AUTO_TEST_CASE(a_missing_row_is_found) {
  const auto found = complaints({two_rows[0]}, two_sites, two_tests);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == "an error branch without a row: storage/a.cpp, f: second");
}

BOOST_AUTO_TEST_CASE(a_row_of_a_branch_that_is_gone_is_found) {
  const auto found = complaints(two_rows, {two_sites[1]}, two_tests);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == "a row without an error branch: storage/a.cpp, f: first");
}

BOOST_AUTO_TEST_CASE(a_branch_that_is_there_twice_needs_two_rows) {
  const std::vector<error_site> twice{two_sites[0], two_sites[0]};
  BOOST_TEST(complaints({two_rows[0], two_rows[0]}, twice, two_tests).empty());
  BOOST_TEST(!complaints({two_rows[0]}, twice, two_tests).empty());
}

BOOST_AUTO_TEST_CASE(rows_in_another_order_are_found) {
  BOOST_TEST(complaints({two_rows[1], two_rows[0]}, two_sites, two_tests).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_test_that_is_gone_and_one_that_never_was_are_found) {
  auto rows = two_rows;
  rows[1].test.clear();
  const auto found = complaints(rows, two_sites, {"storage/s/other"});
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0] == "no such test, storage/s/one: storage/a.cpp, f: first");
  BOOST_TEST(found[1] == "no test takes storage/a.cpp, f: second");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  std::vector<table_row> rows = two_rows;
  rows.push_back({"storage/b.cpp", "g", "`a || b|c` fails", {}, {}});
  BOOST_TEST((parse_table(to_markdown(rows)) == rows));
}

BOOST_AUTO_TEST_SUITE_END()
