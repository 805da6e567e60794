#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/lease.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

constexpr extent pages(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

static_assert(!std::is_copy_constructible_v<lease> && !std::is_copy_assignable_v<lease>);
static_assert(std::is_nothrow_move_constructible_v<lease>);

}  // namespace

BOOST_AUTO_TEST_SUITE(lease_suite)

BOOST_AUTO_TEST_CASE(an_empty_lease_has_nothing) {
  lease l;
  BOOST_CHECK(l.empty());
  BOOST_CHECK_EQUAL(l.available(), 0U);
  BOOST_CHECK(!l.carve(page_size));
  BOOST_CHECK(l.carve_up_to(page_size).empty());
  BOOST_CHECK(l.release().empty());
}

BOOST_AUTO_TEST_CASE(carves_from_the_first_run_that_fits) {
  lease l;
  l.add(pages(20, 8));
  l.add(pages(10, 2));
  BOOST_CHECK_EQUAL(l.available(), 10 * page_size);
  BOOST_CHECK(l.carve(3 * page_size) == pages(20, 3));
  BOOST_CHECK(l.carve(2 * page_size) == pages(10, 2));
  BOOST_CHECK(!l.carve(6 * page_size));
  BOOST_CHECK_EQUAL(l.available(), 5 * page_size);
}

BOOST_AUTO_TEST_CASE(carve_up_to_splits_longest_first) {
  lease l;
  l.add(pages(10, 2));
  l.add(pages(20, 3));
  l.add(pages(30, 1));
  BOOST_CHECK(!l.carve(5 * page_size));
  BOOST_CHECK(l.carve_up_to(5 * page_size) == pages(20, 3));
  BOOST_CHECK(l.carve_up_to(2 * page_size) == pages(10, 2));
  BOOST_CHECK(l.carve_up_to(2 * page_size) == pages(30, 1));
  BOOST_CHECK(l.empty());
}

BOOST_AUTO_TEST_CASE(runs_that_touch_serve_one_carve) {
  lease l;
  l.add(pages(10, 2));
  l.add(pages(12, 2));
  BOOST_CHECK_EQUAL(l.run_count(), 1U);
  BOOST_CHECK(l.carve(4 * page_size) == pages(10, 4));
}

BOOST_AUTO_TEST_CASE(release_gives_all_back_in_order) {
  lease l;
  l.add(pages(20, 2));
  l.add(pages(10, 2));
  (void)l.carve(page_size);
  BOOST_CHECK(l.release() == (std::vector{pages(11, 1), pages(20, 2)}));
  BOOST_CHECK(l.empty());
  l.add(pages(10, 1));
  BOOST_CHECK_EQUAL(l.available(), page_size);
}

BOOST_AUTO_TEST_CASE(moved_from_is_empty) {
  lease a;
  a.add(pages(10, 2));
  lease b{std::move(a)};
  BOOST_CHECK(a.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  BOOST_CHECK_EQUAL(b.available(), 2 * page_size);
  a = lease{};
  a.add(pages(30, 1));
  a = std::move(b);
  BOOST_CHECK(b.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  BOOST_CHECK(a.release() == std::vector{pages(10, 2)});
}

BOOST_AUTO_TEST_CASE(the_same_page_twice_or_part_of_one_is_a_broken_invariant) {
  lease l;
  l.add(pages(10, 2));
  BOOST_CHECK_THROW(l.add(pages(11, 2)), invariant_violation);
  BOOST_CHECK_THROW(l.add({page_size, 64}), invariant_violation);
  BOOST_CHECK_THROW((void)l.carve(64), invariant_violation);
  BOOST_CHECK_THROW((void)l.carve_up_to(0), invariant_violation);
  BOOST_CHECK_EQUAL(l.available(), 2 * page_size);
}

BOOST_AUTO_TEST_SUITE_END()
