// A value tells which write it belongs to, and anything else is nobody's.
#include <stowage/tests/support/stamped_value.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(stamped_values)

BOOST_AUTO_TEST_CASE(a_value_gives_its_stamp_back) {
  for (const std::uint64_t bytes :
       {stamped_bytes_min, stamped_bytes_min + 1, std::uint64_t{4096}, std::uint64_t{300'001}}) {
    const auto stamp = make_stamp(12, 3, 4567, 8, bytes);
    const auto value = value_of(stamp);
    BOOST_TEST(value.size() == bytes);
    BOOST_TEST(bytes_of_stamp(stamp) == bytes);
    BOOST_TEST((stamp_of(value) == stamp));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_value_has_none) {
  const auto stamp = make_stamp(1, 2, 3, 4, 0);
  BOOST_TEST(value_of(stamp).empty());
  BOOST_TEST((stamp_of("") == std::string{nameless_stamp}));
}

BOOST_AUTO_TEST_CASE(any_other_byte_makes_it_nobodys) {
  const auto value = value_of(make_stamp(1, 0, 1, 0, 400));
  for (std::size_t at = 0; at < value.size(); ++at) {
    auto other = value;
    other[at] = static_cast<char>(other[at] ^ 1);
    BOOST_TEST(!stamp_of(other).has_value());
  }
  BOOST_TEST(!stamp_of(value.substr(0, 399)).has_value());
  BOOST_TEST(!stamp_of(value + "x").has_value());
  BOOST_TEST(!stamp_of("1.0.1.0+18446744073709551615\n").has_value());
  BOOST_TEST(!stamp_of(std::string(5000, '\0')).has_value());
}

BOOST_AUTO_TEST_CASE(no_two_writes_have_the_same) {
  BOOST_TEST(value_of(make_stamp(1, 0, 1, 0, 400)) != value_of(make_stamp(1, 0, 1, 1, 400)));
  BOOST_TEST(value_of(make_stamp(1, 0, 1, 0, 400)).substr(100) !=
             value_of(make_stamp(2, 0, 1, 0, 400)).substr(100));
}

BOOST_AUTO_TEST_SUITE_END()
