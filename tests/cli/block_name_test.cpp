// Names are any bytes and look the same nowhere.

#include <stowage/cli/block_name.hpp>
#include <stowage/cli/json_output.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace stowage;
using namespace stowage::cli;
using namespace std::string_literals;

namespace {

// What nlohmann accepts: it throws on everything else.
bool json_takes(const std::string& text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_names)

BOOST_AUTO_TEST_CASE(bytes_outside_printable_ascii_are_shown_as_hex) {
  BOOST_TEST(show_name("a b/~!") == "a b/~!");
  BOOST_TEST(show_name("\0\n\x1f\x7f\x80\xff"s) == "\\x00\\x0a\\x1f\\x7f\\x80\\xff");
  BOOST_TEST(show_name("a\\x00") == "a\\x5cx00");
  BOOST_TEST(show_name("\xc3\xa4") == "\\xc3\\xa4");
  BOOST_TEST(show_name("").empty());
}

BOOST_AUTO_TEST_CASE(hex_goes_there_and_back) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  BOOST_TEST((from_hex(to_hex(all)) == all));
  BOOST_TEST(to_hex("\x01\xab") == "01ab");
  BOOST_TEST((from_hex("01AB") == "\x01\xab"));
  BOOST_TEST((from_hex("") == ""));
  for (const auto* wrong : {"0", "0g", "zz", "0x01", " 1", "a b "}) BOOST_TEST(!from_hex(wrong));
}

BOOST_AUTO_TEST_CASE(utf8_is_what_json_takes) {
  const std::vector<std::string> samples{"plain",
                                         "\xc3\xa4",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xff",
                                         "\x80",
                                         "\xc3",
                                         "\xc3(",
                                         "\xc0\x80",
                                         "\xe0\x80\x80",
                                         "\xed\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "\xf4\x90\x80\x80",
                                         "\xf8\x88\x80\x80\x80",
                                         "\xf0\x80\x80\x80",
                                         "a\0b"s,
                                         "\xe2\x82",
                                         "\xf0\x9f\x98"};
  for (const auto& text : samples) BOOST_TEST(is_utf8(text) == json_takes(text), to_hex(text));
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b), '\x80', '\x80'};
      BOOST_REQUIRE(is_utf8(text) == json_takes(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(json_has_the_name_or_its_hex) {
  json row;
  add_name(row, "\xc3\xa4\n");
  BOOST_TEST(row.dump() == "{\"name\":\"\xc3\xa4\\n\"}");
  row = {};
  add_name(row, "\xff\x00"s);
  BOOST_TEST(row.dump() == R"({"name_hex":"ff00"})");
}

BOOST_AUTO_TEST_CASE(names_have_1_to_1024_bytes) {
  BOOST_TEST(check_name("a").ok());
  BOOST_TEST(check_name(std::string(1024, 'a')).ok());
  for (const auto& wrong : {std::string{}, std::string(1025, 'a')}) {
    const auto checked = check_name(wrong);
    BOOST_REQUIRE(!checked.ok());
    BOOST_TEST((checked.error().code == errc::limit_exceeded));
  }
}

BOOST_AUTO_TEST_SUITE_END()
