// Keys get their lines, and what CAF would silently misread is a mistake.

#include <stowage/config/key_scanner.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace stowage;

namespace {

std::vector<config_key> keys_of(std::string_view text) {
  auto scanned = scan_keys(text);
  if (const auto* mistake = std::get_if<config_mistake>(&scanned)) {
    BOOST_ERROR("line " << mistake->line << ": " << mistake->what);
    return {};
  }
  return std::get<std::vector<config_key>>(scanned);
}

config_mistake mistake_in(std::string_view text) {
  auto scanned = scan_keys(text);
  const auto* mistake = std::get_if<config_mistake>(&scanned);
  if (mistake != nullptr) return *mistake;
  BOOST_ERROR("no mistake was found in: " << text);
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_scanner)

BOOST_AUTO_TEST_CASE(names_keys_with_their_sections_and_lines) {
  const auto found = keys_of(
      "# a comment { with = braces }\n"
      "stowage {\n"
      "  path = \"a } b # c\"  # behind a value\n"
      "  batch {\n"
      "    max-ops = 50, max-bytes = 1\n"
      "  }\n"
      "  'create' : true }\n"
      "caf = { scheduler { max-threads = 2 }\n"
      "  list = [1, 'two ]', { a = [3] }] # ]\n"
      "}\n");
  const std::vector<config_key> expected{
      {"stowage", 2, true},
      {"stowage.path", 3, false},
      {"stowage.batch", 4, true},
      {"stowage.batch.max-ops", 5, false},
      {"stowage.batch.max-bytes", 5, false},
      {"stowage.create", 7, false},
      {"caf", 8, true},
      {"caf.scheduler", 8, true},
      {"caf.scheduler.max-threads", 8, false},
      {"caf.list", 9, false},
  };
  BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(nothing_has_no_keys) {
  BOOST_TEST(keys_of("").empty());
  BOOST_TEST(keys_of("\n  # only a comment").empty());
}

BOOST_AUTO_TEST_CASE(a_section_may_stand_twice_and_a_key_may_not) {
  BOOST_TEST(keys_of("a { b = 1 }\na { c = 2 }").size() == 4u);
  const auto mistake = mistake_in("a {\n b = 1\n}\na {\n b = 2\n}");
  BOOST_TEST(mistake.line == 5u);
  BOOST_TEST(mistake.what == "the key a.b stands in line 2 already: remove one");
  BOOST_TEST(mistake_in("a = 1\na { }").line == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_not_closed_is_found_where_it_began) {
  BOOST_TEST(mistake_in("\na {\n b = 1\n").line == 2u);
  BOOST_TEST(mistake_in("a {\n b = \"text\n}").line == 2u);
  BOOST_TEST(mistake_in("a {\n b = [1,\n 2\n}").line == 2u);
  BOOST_TEST(mistake_in("a { }\n}").line == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_no_key_with_a_value_is_a_mistake) {
  BOOST_TEST(mistake_in("a {\n b\n}").line == 2u);
  BOOST_TEST(mistake_in("a {\n b =\n}").line == 2u);
  BOOST_TEST(mistake_in("a {\n = 1\n}").line == 2u);
  BOOST_TEST(mistake_in("a.b = 1").what == "the key a is dotted: write sections with braces");
  BOOST_TEST(mistake_in("'a.b' = 1").line == 1u);
  BOOST_TEST(mistake_in("{ a = 1 }").line == 1u);
}

BOOST_AUTO_TEST_CASE(nesting_has_an_end) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a{";
  BOOST_TEST(mistake_in(deep).what == "sections nest too deep: use fewer braces");
}

BOOST_AUTO_TEST_CASE(lists_that_would_use_up_the_stack_of_a_recursive_parser_are_refused) {
  for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"[{b=", "}]"}}) {
    std::string deep = "a {\n b = ";
    for (int i = 0; i < 100'000; ++i) deep += open;
    for (int i = 0; i < 100'000; ++i) deep += close;
    const auto mistake = mistake_in(deep + "\n}");
    BOOST_TEST(mistake.line == 2u);
    BOOST_TEST(mistake.what == "the list of a.b nests too deep: use fewer brackets");
  }
  BOOST_TEST(keys_of("a = [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]").size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_prefix_and_every_changed_byte_comes_to_an_end) {
  const std::string text =
      "stowage {\n path = \"x\\\"y\" # c\n l = [1, { a = 'b' }]\n b { c = 5ms }\n}\n";
  for (std::size_t i = 0; i <= text.size(); ++i)
    (void)scan_keys(std::string_view{text}.substr(0, i));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      auto changed = text;
      changed[i] = static_cast<char>(byte);
      (void)scan_keys(changed);
    }
  }
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_SUITE_END()
