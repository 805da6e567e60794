#include <boost/test/unit_test.hpp>

#include <stowage/storage/space/extent_order.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(extent_order)

BOOST_AUTO_TEST_CASE(nothing_and_one_are_in_order) {
  std::vector<extent> extents;
  sort_by_offset(extents);
  BOOST_TEST(extents.empty());
  extents = {{0, 7}};
  sort_by_offset(extents);
  BOOST_CHECK(extents.front() == (extent{0, 7}));
}

BOOST_AUTO_TEST_CASE(any_order_becomes_the_stable_order_of_offsets) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random{seed};
    std::vector<extent> extents(random() % 3000);
    // Few offsets and many, small ones and such as no file has.
    const auto bits = 1 + random() % 64;
    for (auto& e : extents) e = {random() >> (64 - bits), random()};
    auto expected = extents;
    std::ranges::stable_sort(expected, {}, &extent::offset);
    sort_by_offset(extents);
    BOOST_TEST((extents == expected), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(runs_one_after_another_are_merged) {
  std::vector<extent> extents;
  for (std::uint64_t run = 0; run < 100; ++run)
    for (std::uint64_t i = 0; i < 500; ++i) extents.push_back({(i * 100 + run) * 128, 128});
  sort_by_offset(extents);
  for (std::uint64_t i = 0; i < extents.size(); ++i)
    BOOST_REQUIRE(extents[i] == (extent{i * 128, 128}));
}

BOOST_AUTO_TEST_SUITE_END()
