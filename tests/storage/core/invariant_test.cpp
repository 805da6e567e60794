#include <stowage/storage/core/invariant.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(invariants)

BOOST_AUTO_TEST_CASE(one_that_holds_does_nothing) {
  BOOST_CHECK_NO_THROW(invariant(true, "never seen"));
}

BOOST_AUTO_TEST_CASE(a_broken_one_says_what_and_where) {
  const auto line = std::to_string(__LINE__ + 1);
  const auto broken = [] { invariant(false, "two and two are five"); };
  BOOST_CHECK_EXCEPTION(broken(), invariant_violation, [&](const auto& e) {
    const std::string what = e.what();
    return what.find("two and two are five") != std::string::npos &&
           what.find("invariant_test.cpp:" + line) != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
