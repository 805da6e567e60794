#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/page_stock.hpp>

#include <cstdint>
#include <vector>

using namespace stowage;

namespace {

constexpr extent pages(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

constexpr std::uint64_t in_pages(std::uint64_t count) { return count * page_size; }

}  // namespace

BOOST_AUTO_TEST_SUITE(page_stock_suite)

BOOST_AUTO_TEST_CASE(an_empty_stock_has_nothing) {
  page_stock stock;
  BOOST_CHECK(stock.empty());
  BOOST_CHECK(stock.carve(0).empty());
  BOOST_CHECK(!stock.take_fresh(page_size));
  BOOST_CHECK(stock.release().empty());
  BOOST_CHECK_THROW((void)stock.carve(page_size), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_run_is_ready_up_to_where_pages_are_fresh) {
  page_stock stock;
  stock.add(pages(10, 4), in_pages(12));
  stock.add(pages(20, 4), in_pages(12));  // all fresh
  stock.add(pages(2, 3), in_pages(12));   // all ready
  BOOST_CHECK_EQUAL(stock.ready_bytes(), in_pages(5));
  BOOST_CHECK_EQUAL(stock.available(), in_pages(11));
}

BOOST_AUTO_TEST_CASE(ready_pages_go_first) {
  page_stock stock;
  stock.add(pages(10, 4), 0);
  stock.add(pages(20, 4), UINT64_MAX);
  BOOST_CHECK(stock.carve(in_pages(3)) == std::vector{pages(20, 3)});
  // In one run of fresh pages rather than in two pieces.
  BOOST_CHECK(stock.carve(in_pages(2)) == std::vector{pages(10, 2)});
  BOOST_CHECK(stock.carve(in_pages(3)) == (std::vector{pages(23, 1), pages(12, 2)}));
  BOOST_CHECK(stock.empty());
}

BOOST_AUTO_TEST_CASE(a_carve_may_take_all_there_is) {
  page_stock stock;
  stock.add(pages(10, 1), UINT64_MAX);
  stock.add(pages(20, 2), UINT64_MAX);
  stock.add(pages(30, 3), 0);
  BOOST_CHECK(stock.carve(in_pages(6)) == (std::vector{pages(20, 2), pages(10, 1), pages(30, 3)}));
}

BOOST_AUTO_TEST_CASE(fresh_pages_are_taken_to_be_prepared) {
  page_stock stock;
  stock.add(pages(10, 5), 0);
  const auto first = stock.take_fresh(in_pages(2));
  BOOST_REQUIRE(first.has_value());
  BOOST_CHECK(*first == pages(10, 2));
  BOOST_CHECK_EQUAL(stock.available(), in_pages(3));
  stock.add(*first, UINT64_MAX);
  BOOST_CHECK_EQUAL(stock.ready_bytes(), in_pages(2));
  BOOST_CHECK(stock.take_fresh(in_pages(9)) == pages(12, 3));
  BOOST_CHECK(!stock.take_fresh(page_size));
}

BOOST_AUTO_TEST_CASE(what_is_released_is_all_of_it) {
  page_stock stock;
  stock.add(pages(10, 4), in_pages(12));
  auto all = stock.release();
  BOOST_CHECK(stock.empty());
  BOOST_CHECK(all.release() == std::vector{pages(10, 4)});
}

BOOST_AUTO_TEST_CASE(what_lies_too_high_can_be_taken_out) {
  page_stock stock;
  stock.add(pages(10, 4), 0);           // fresh
  stock.add(pages(20, 4), UINT64_MAX);  // ready
  stock.add(pages(2, 2), UINT64_MAX);
  auto above = stock.take_from(in_pages(12));
  BOOST_CHECK(above.release() == (std::vector{pages(12, 2), pages(20, 4)}));
  BOOST_CHECK_EQUAL(stock.available(), in_pages(4));
  BOOST_CHECK_EQUAL(stock.ready_bytes(), in_pages(2));
  BOOST_CHECK(stock.take_from(in_pages(12)).empty());
  auto rest = stock.take_from(0);
  BOOST_CHECK_EQUAL(rest.available(), in_pages(4));
  BOOST_CHECK(stock.empty());
}

BOOST_AUTO_TEST_SUITE_END()
