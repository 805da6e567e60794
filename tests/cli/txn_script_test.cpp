#include <stowage/cli/txn_script.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace stowage;
using namespace stowage::cli;
using namespace std::string_literals;

namespace {

std::vector<txn_line> lines_of(std::string_view text) {
  auto parsed = parse_txn_script(text);
  const auto* mistake = std::get_if<txn_mistake>(&parsed);
  BOOST_REQUIRE_MESSAGE(mistake == nullptr, "a mistake: " << (mistake ? mistake->what : ""));
  return std::get<std::vector<txn_line>>(std::move(parsed));
}

std::string name_in(std::string_view text) {
  const auto lines = lines_of(text);
  BOOST_REQUIRE(lines.size() == 1U);
  return std::get<txn_delete>(lines.front().what).name;
}

struct wrong_line {
  std::string text;
  std::size_t line;
  std::string what;
};
std::ostream& operator<<(std::ostream& out, const wrong_line& w) { return out << w.text; }

const std::vector<wrong_line> wrong_lines{
    {"remove a", 1, "unknown request remove"},
    {"delete a\n\nput a\n", 3, "too few fields for put"},
    {"put a b c", 1, "too many fields for put"},
    {"delete", 1, "too few fields for delete"},
    {"delete a b", 1, "too many fields for delete"},
    {"expect a", 1, "too few fields for expect"},
    {"expect a 1 2", 1, "too many fields for expect"},
    {"expect a 0", 1, "no version: 0"},
    {"expect a -1", 1, "no version: -1"},
    {"expect a 1x", 1, "no version: 1x"},
    {"expect a 18446744073709551616", 1, "no version: 18446744073709551616"},
    {"expect a \"\"", 1, "no version: "},
    {"# fine\ndelete \"a", 2, "a quote is not closed"},
    {"delete \"a\\\"", 1, "a quote is not closed"},
    {"delete \"a\"b", 1, "something follows a closing quote"},
    {"delete a\"b\"", 1, "a quote in the middle of a field"},
    {"delete \"\\q\"", 1, "an unknown escape"},
    {"delete \"\\", 1, "an unknown escape"},
    {"delete \"\\x4\"", 1, "\\x without two hex digits"},
    {"delete \"\\xzz\"", 1, "\\x without two hex digits"},
    {"delete \"\\x", 1, "\\x without two hex digits"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(txn_script)

BOOST_AUTO_TEST_CASE(each_request_is_read) {
  const auto lines = lines_of("put a file\n delete\tb \nexpect c 7\nexpect d absent");
  BOOST_REQUIRE(lines.size() == 4U);
  const auto& put = std::get<txn_put>(lines[0].what);
  BOOST_TEST(put.name == "a");
  BOOST_TEST(put.file == "file");
  BOOST_TEST(std::get<txn_delete>(lines[1].what).name == "b");
  BOOST_TEST(std::get<txn_expect>(lines[2].what).ver.value == 7U);
  BOOST_TEST((std::get<txn_expect>(lines[3].what).ver == version{}));
  BOOST_TEST(lines[3].number == 4U);
}

BOOST_AUTO_TEST_CASE(blank_lines_and_comments_say_nothing) {
  BOOST_TEST(lines_of("").empty());
  BOOST_TEST(lines_of("\n \t\n# a comment\n  # another \"\n\r\n").empty());
  BOOST_TEST(name_in("delete a # behind it") == "a");
  BOOST_TEST(name_in("delete a#b") == "a");
  BOOST_TEST(name_in("delete \"a#b\"") == "a#b");
}

BOOST_AUTO_TEST_CASE(lines_may_end_as_on_windows) {
  const auto lines = lines_of("delete a\r\ndelete b\r\n");
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(std::get<txn_delete>(lines[0].what).name == "a");
}

BOOST_AUTO_TEST_CASE(a_quoted_name_may_be_any_bytes) {
  BOOST_TEST(name_in("delete \"a b\"") == "a b");
  BOOST_TEST(name_in("delete \"\"").empty());
  BOOST_TEST(name_in(R"(delete "\n\t\\\"\x00\xfF")") == "\n\t\\\"\0\xff"s);
  BOOST_TEST(name_in("delete \"a\0b\""s) == "a\0b"s);
  BOOST_TEST(name_in("delete a\0b"s) == "a\0b"s);
  BOOST_TEST(name_in("delete \\x41") == "\\x41");  // an escape only in quotes
}

BOOST_DATA_TEST_CASE(a_mistake_is_told_with_its_line, boost::unit_test::data::make(wrong_lines)) {
  const auto parsed = parse_txn_script(sample.text);
  const auto* mistake = std::get_if<txn_mistake>(&parsed);
  BOOST_REQUIRE(mistake != nullptr);
  BOOST_TEST(mistake->line == sample.line);
  BOOST_TEST(mistake->what == sample.what);
  BOOST_TEST(!mistake->advice.empty());
}

BOOST_AUTO_TEST_SUITE_END()
