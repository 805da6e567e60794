// The counts of llvm-cov are read for what they are.

#include <stowage/tests/coverage/branch_counts.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

using namespace stowage::coverage;

namespace {

constexpr const char* text =
    "void f() {\n"
    "  if (!a) return a;\n"
    "  if (b) return fail(errc::closed);\n"
    "  invariant(c && d, \"x\");\n"
    "  if constexpr (e && g) h();\n"
    "}\n"
    "bool operator==(x, x) = default;\n"
    "void g() { switch (k) { case 1: h(); } }\n";

// A template made into two functions: each branch stands there twice.
constexpr const char* document = R"({"data": [{"files": [
  {"filename": "/root/storage/a.cpp",
   "branches": [[2, 7, 2, 9, 3, 4, 0, 0, 4], [2, 7, 2, 9, 0, 5, 0, 0, 4], [3, 7, 3, 8, 0, 9, 0, 0, 4],
                [4, 13, 4, 14, 9, 0, 0, 0, 4], [5, 17, 5, 18, 9, 0, 0, 0, 4],
                [7, 31, 7, 31, 1, 0, 0, 0, 4],
                [8, 20, 8, 21, 0, 9, 0, 0, 4]],
   "segments": [[1, 10, 9, true, true, false], [2, 11, 3, true, true, false],
                [3, 3, 9, true, false, false], [3, 10, 0, true, true, false],
                [3, 35, 9, true, false, false], [6, 2, 0, false, false, false]]},
  {"filename": "/root/tests/b.cpp", "branches": [], "segments": []}]}]})";

file_counts read() {
  std::map<std::string, source_text> sources;
  sources.emplace("storage/a.cpp", source_text{text});
  auto all = parse_counts(document, "/root", sources);
  BOOST_REQUIRE(all.size() == 1U);
  return all.at("storage/a.cpp");
}

error_site at(std::size_t line, std::size_t column, bool is_condition) {
  return {"storage/a.cpp", "f", "", "", {line, column}, is_condition};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(branch_counts)

BOOST_AUTO_TEST_CASE(branches_are_added_up_and_what_nobody_decides_is_left_out) {
  const auto counts = read();
  BOOST_REQUIRE(counts.branches.size() == 2U);
  BOOST_TEST(counts.branches[0].taken_true == 3U);
  BOOST_TEST(counts.branches[0].taken_false == 9U);
  BOOST_TEST(counts.branches[1].taken_true == 0U);
  BOOST_TEST(counts.branches[1].taken_false == 9U);
}

BOOST_AUTO_TEST_CASE(those_of_another_program_are_added) {
  std::map<std::string, file_counts> sum{{"storage/a.cpp", read()}};
  file_counts more;
  more.branches = {{{2, 7}, {2, 9}, 1, 0}, {{9, 1}, {9, 2}, 0, 4}};
  add_branches(sum, {{"storage/a.cpp", more}, {"storage/b.cpp", more}});
  const auto& branches = sum.at("storage/a.cpp").branches;
  BOOST_REQUIRE(branches.size() == 3U);
  BOOST_TEST(branches[0].taken_true == 4U);
  BOOST_TEST(branches[0].taken_false == 9U);
  BOOST_TEST(branches[2].taken_false == 4U);
  BOOST_TEST(sum.at("storage/b.cpp").branches.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_branch_is_taken_as_often_as_its_place_runs) {
  const auto counts = read();
  BOOST_TEST(times_taken(at(2, 7, true), counts) == 3U);
  BOOST_TEST(times_taken(at(2, 11, false), counts) == 3U);
  BOOST_TEST(times_taken(at(3, 17, false), counts) == 0U);
  BOOST_TEST(times_taken(at(4, 3, false), counts) == 9U);
  BOOST_TEST(times_taken(at(9, 1, false), counts) == 0U);
  BOOST_TEST(times_taken(at(3, 9, true), counts) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
