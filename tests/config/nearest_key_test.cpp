// The key that was probably meant.

#include <stowage/config/nearest_key.hpp>
#include <stowage/config/settings.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(nearest_keys)

BOOST_AUTO_TEST_CASE(edits_are_counted) {
  BOOST_TEST(edit_distance("", "") == 0u);
  BOOST_TEST(edit_distance("abc", "") == 3u);
  BOOST_TEST(edit_distance("", "abc") == 3u);
  BOOST_TEST(edit_distance("abc", "abc") == 0u);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3u);
  BOOST_TEST(edit_distance("ab", "ba") == 2u);
}

BOOST_AUTO_TEST_CASE(a_slip_of_the_pen_finds_its_key) {
  const auto near = [](const char* key) { return nearest_key(key, known_config_keys()); };
  BOOST_TEST(near("pth") == "path");
  BOOST_TEST(near("batch.max-opps") == "batch.max-ops");
  BOOST_TEST(near("credit.max-opps") == "credit.max-ops");
  BOOST_TEST(near("batch.max_delay") == "batch.max-delay");
  BOOST_TEST(near("reader") == "readers");
}

BOOST_AUTO_TEST_CASE(a_key_in_the_wrong_section_finds_its_section) {
  const auto near = [](const char* key) { return nearest_key(key, known_config_keys()); };
  BOOST_TEST(near("max-delay") == "batch.max-delay");
  BOOST_TEST(near("batch.readers") == "readers");
  BOOST_TEST(near("credit.close-when-waited") == "batch.close-when-waited");
}

BOOST_AUTO_TEST_SUITE_END()
