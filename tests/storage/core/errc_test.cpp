#include <stowage/storage/core/errc.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(errcs)

BOOST_AUTO_TEST_CASE(every_code_has_a_name_and_a_sentence_of_its_own) {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  for (std::uint8_t i = 0; i <= errc_max; ++i) {
    const auto code = static_cast<errc>(i);
    BOOST_TEST(!name_of(code).empty());
    BOOST_TEST(!sentence_of(code).empty());
    BOOST_TEST(sentence_of(code).back() != '.');
    names.insert(name_of(code));
    sentences.insert(sentence_of(code));
  }
  BOOST_TEST(names.size() == errc_max + 1U);
  BOOST_TEST(sentences.size() == errc_max + 1U);
}

BOOST_AUTO_TEST_CASE(names_and_numbers_lead_back_to_the_code) {
  for (std::uint8_t i = 0; i <= errc_max; ++i) {
    const auto code = static_cast<errc>(i);
    BOOST_TEST((errc_from_name(name_of(code)) == code));
    BOOST_TEST((errc_from_integer(i) == code));
  }
}

BOOST_AUTO_TEST_CASE(names_stand_in_the_order_of_the_numbers) {
  // One from each end and some between: a line missing in the table would shift them.
  BOOST_TEST(name_of(errc::none) == "none");
  BOOST_TEST(name_of(errc::not_found) == "not_found");
  BOOST_TEST(name_of(errc::no_space) == "no_space");
  BOOST_TEST(name_of(errc::locked) == "locked");
  BOOST_TEST(name_of(errc::poisoned) == "poisoned");
  BOOST_TEST(name_of(errc::already_exists) == "already_exists");
  BOOST_TEST(name_of(errc::snapshot_expired) == "snapshot_expired");
  BOOST_TEST(static_cast<unsigned>(errc::snapshot_expired) == errc_max);
}

BOOST_AUTO_TEST_CASE(what_is_no_code_is_said_to_be_none) {
  BOOST_TEST(!errc_from_name("no such name"));
  BOOST_TEST(!errc_from_name(""));
  for (unsigned i = errc_max + 1U; i <= 255U; ++i) {
    const auto number = static_cast<std::uint8_t>(i);
    BOOST_TEST(!errc_from_integer(number));
    BOOST_TEST(name_of(static_cast<errc>(number)) == "unknown");
    BOOST_TEST(sentence_of(static_cast<errc>(number)) == "an unknown error");
  }
}

BOOST_AUTO_TEST_SUITE_END()
