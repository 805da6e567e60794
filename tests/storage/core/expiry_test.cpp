#include <stowage/storage/core/expiry.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(expiry)

BOOST_AUTO_TEST_CASE(from_its_time_on_and_never_where_there_is_none) {
  BOOST_TEST(!has_expired(1000, 999));
  BOOST_TEST(has_expired(1000, 1000));
  BOOST_TEST(has_expired(1000, UINT64_MAX));
  BOOST_TEST(has_expired(1, 1));
  BOOST_TEST(!has_expired(UINT64_MAX, UINT64_MAX - 1));
  BOOST_TEST(!has_expired(0, 0));
  BOOST_TEST(!has_expired(0, UINT64_MAX));
}

BOOST_AUTO_TEST_SUITE_END()
