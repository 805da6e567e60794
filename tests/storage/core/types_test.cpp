#include <stowage/storage/core/types.hpp>

#include <boost/test/unit_test.hpp>

#include <type_traits>
#include <unordered_set>

using namespace stowage;

// Ids of different kinds have nothing to do with each other, nor with plain numbers.
static_assert(!std::is_convertible_v<version, lsn>);
static_assert(!std::is_convertible_v<std::uint64_t, version>);
static_assert(!std::is_constructible_v<lsn, version>);
static_assert(!std::equality_comparable_with<version, lsn>);

BOOST_AUTO_TEST_SUITE(types)

BOOST_AUTO_TEST_CASE(ids_order_and_advance) {
  BOOST_TEST((version{} == version{0}));
  BOOST_TEST((version{1} < version{2}));
  BOOST_TEST((lsn{41}.next() == lsn{42}));
  const std::unordered_set<version> set{version{1}, version{1}, version{2}};
  BOOST_TEST(set.size() == 2U);
}

BOOST_AUTO_TEST_CASE(rounding) {
  BOOST_TEST(round_up(0, 64) == 0U);
  BOOST_TEST(round_up(1, 64) == 64U);
  BOOST_TEST(round_up(64, 64) == 64U);
  BOOST_TEST(round_down(63, 64) == 0U);
  BOOST_TEST(round_down(129, 64) == 128U);
  BOOST_TEST(round_up_to_page(4097) == 8192U);
  BOOST_TEST(is_page_aligned(0));
  BOOST_TEST(is_page_aligned(8192));
  BOOST_TEST(!is_page_aligned(8191));
}

BOOST_AUTO_TEST_CASE(extents_know_their_end) {
  BOOST_TEST((extent{10, 5}.end() == 15U));
  BOOST_TEST((extent{10, 0}.empty()));
  BOOST_TEST((!extent{10, 1}.empty()));
  BOOST_TEST((extent{1, 9} < extent{2, 1}));
}

BOOST_AUTO_TEST_CASE(touching_is_not_overlapping) {
  const extent middle{100, 50};
  for (const auto& apart : {extent{0, 100}, extent{150, 10}, extent{0, 10}, extent{500, 1}}) {
    BOOST_TEST(!middle.overlaps(apart));
    BOOST_TEST(!apart.overlaps(middle));
  }
  for (const auto& shared :
       {extent{0, 101}, extent{149, 1}, extent{110, 5}, extent{0, 1000}, middle}) {
    BOOST_TEST(middle.overlaps(shared));
    BOOST_TEST(shared.overlaps(middle));
  }
}

BOOST_AUTO_TEST_CASE(the_pages_around_an_extent) {
  BOOST_TEST((extent{0, 1}.pages() == extent{0, 4096}));
  BOOST_TEST((extent{4095, 2}.pages() == extent{0, 8192}));
  BOOST_TEST((extent{4096, 4096}.pages() == extent{4096, 4096}));
  BOOST_TEST((extent{5000, 100'000}.pages() == extent{4096, 102'400}));
  BOOST_TEST((extent{8192, 0}.pages() == extent{8192, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
