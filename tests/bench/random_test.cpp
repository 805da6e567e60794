#include <stowage/bench/measuring/value_source.hpp>
#include <stowage/bench/measuring/zipf.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace stowage::bench;

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(no_two_values_are_alike) {
  const value_source values{16, 1};
  std::set<std::string> seen;
  constexpr std::size_t count = 100'000;
  for (std::uint64_t n = 0; n < count; ++n) seen.emplace(values.value(n).text());
  BOOST_TEST(seen.size() == count);
  BOOST_TEST(values.value(7).text() == stowage::as_text(values.view(7)));
}

BOOST_AUTO_TEST_CASE(values_are_those_of_the_seed) {
  BOOST_TEST((value_source{64, 1}.value(3) == value_source{64, 1}.value(3)));
  BOOST_TEST(!(value_source{64, 1}.value(3) == value_source{64, 2}.value(3)));
}

BOOST_AUTO_TEST_CASE(few_numbers_come_often) {
  constexpr std::uint64_t count = 1000;
  const zipf pick{count};
  std::mt19937_64 random{1};
  std::uniform_real_distribution<> uniform;
  std::vector<int> often(count);
  for (int i = 0; i < 100'000; ++i) ++often.at(pick(uniform(random)));
  std::ranges::sort(often, std::greater{});
  // The law gives the first 13.3 % of all at this size, the second half as many, and the last half of them 9 %.
  BOOST_TEST(often[0] > 12'000);
  BOOST_TEST(often[0] < 15'000);
  BOOST_TEST(often[1] > 5'500);
  BOOST_TEST(often[1] < 8'000);
  int last_half = 0;
  for (std::size_t i = count / 2; i < count; ++i) last_half += often[i];
  BOOST_TEST(last_half > 5'000);
  BOOST_TEST(last_half < 13'000);
}

BOOST_AUTO_TEST_CASE(every_number_is_one_of_those_there_are) {
  for (const std::uint64_t count : {2U, 3U, 10U, 100'000U}) {
    const zipf pick{count};
    for (const double uniform : {0.0, 0.5, 0.999, 0.9999999999999999})
      BOOST_TEST(pick(uniform) < count);
  }
}

BOOST_AUTO_TEST_SUITE_END()
