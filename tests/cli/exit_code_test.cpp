// Every failure has its exit code and its advice.

#include <stowage/cli/advice.hpp>
#include <stowage/cli/exit_code.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <map>
#include <string>

using namespace stowage;
using namespace stowage::cli;

BOOST_AUTO_TEST_SUITE(exit_codes)

BOOST_AUTO_TEST_CASE(are_those_of_the_product) {
  const std::map<errc, int> expected{
      {errc::none, 0},
      {errc::not_found, 5},
      {errc::conflict, 7},
      {errc::limit_exceeded, 8},
      {errc::no_space, 6},
      {errc::overloaded, 75},
      {errc::corrupt_block, 2},
      {errc::corrupt, 2},
      {errc::journal_corrupt, 2},
      {errc::not_a_store, 9},
      {errc::unsupported_version, 9},
      {errc::locked, 3},
      {errc::io_error, 4},
      {errc::permission_denied, 4},
      {errc::poisoned, 4},
      {errc::outcome_unknown, 4},
      {errc::read_only, 10},
      {errc::closed, 4},
      {errc::already_exists, 7},
      {errc::no_such_store, 5},
      {errc::invalid_argument, 1},
      {errc::snapshot_expired, 75},
  };
  for (std::uint8_t i = 0; i <= errc_max; ++i) {
    const auto code = static_cast<errc>(i);
    BOOST_REQUIRE(expected.contains(code));
    BOOST_TEST(static_cast<int>(exit_code_of(code)) == expected.at(code), name_of(code));
  }
  BOOST_TEST(expected.size() == errc_max + 1u);
  BOOST_TEST(static_cast<int>(exit_code_of(static_cast<errc>(255))) == 4);
}

BOOST_AUTO_TEST_CASE(come_with_advice_on_one_line) {
  for (std::uint8_t i = 0; i <= errc_max; ++i) {
    const auto advice = what_to_do(static_cast<errc>(i));
    BOOST_TEST(!advice.empty());
    BOOST_TEST(advice.find_first_of(":\n") == std::string_view::npos);
    BOOST_TEST(!advice.ends_with('.'));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_says_all_that_is_known_once) {
  auto why = fail_at(errc::corrupt_block, 4096, {});
  why.name = "a\nb";
  BOOST_TEST(what_is_wrong(why, "s.stow") ==
             "the block's bytes do not match their checksum (block a\\x0ab, offset 4096)");
  BOOST_TEST(what_is_wrong(fail(errc::locked, "s.stow"), "s.stow") ==
             "another process or handle has the store open");
  why = fail(errc::conflict);
  why.actual = version{7};
  BOOST_TEST(what_is_wrong(why, "s.stow") ==
             "the block has another version than expected "
             "(expected absent, found version 7)");
}

BOOST_AUTO_TEST_SUITE_END()
