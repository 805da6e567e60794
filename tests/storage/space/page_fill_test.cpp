#include <boost/test/unit_test.hpp>

#include <stowage/storage/space/page_fill.hpp>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(page_fill_suite)

BOOST_AUTO_TEST_CASE(counts_what_alignment_takes) {
  page_fill fill;
  // 32 values of 100 bytes, 128 apart: packed without gaps.
  for (std::uint64_t i = 0; i < 32; ++i) fill.add({page_size + i * 128, 100});
  BOOST_TEST(!fill.has_page_below({page_size, 100}, 100));
  // Half as many.
  for (std::uint64_t i = 0; i < 16; ++i) fill.add({10 * page_size + i * 128, 100});
  BOOST_TEST(!fill.has_page_below({10 * page_size, 100}, 50));
  BOOST_TEST(fill.has_page_below({10 * page_size, 100}, 51));
}

BOOST_AUTO_TEST_CASE(an_extent_over_pages_counts_on_each) {
  page_fill fill;
  fill.add(
      {page_size - 64, page_size + 128});  // the end of page 0, page 1, the beginning of page 2
  BOOST_TEST(fill.has_page_below({0, 1}, 2));
  BOOST_TEST(!fill.has_page_below({page_size, page_size}, 100));
  BOOST_TEST(fill.has_page_below({2 * page_size, 1}, 2));
  // Any page of the extent that is asked about.
  BOOST_TEST(fill.has_page_below({page_size, page_size + 1}, 2));
}

BOOST_AUTO_TEST_CASE(pages_of_nothing_are_not_sparse) {
  page_fill fill;
  fill.add({0, 64});
  BOOST_TEST(!fill.has_page_below({page_size, page_size}, 100));
  BOOST_TEST(!fill.has_page_below({1000 * page_size, 1}, 100));
}

BOOST_AUTO_TEST_CASE(tells_what_is_left_when_sparse_pages_are_emptied) {
  page_fill fill;
  BOOST_TEST(fill.bytes_without_pages_below(50) == 0U);
  fill.add({page_size, page_size});
  fill.add({2 * page_size, page_size / 2});
  for (std::uint64_t page = 10; page < 20; ++page) fill.add({page * page_size, 1024});
  BOOST_TEST(fill.bytes_without_pages_below(1) == 12 * page_size);
  // The ten are 10 KiB together.
  BOOST_TEST(fill.bytes_without_pages_below(50) == (2 + 3) * page_size);
  BOOST_TEST(fill.bytes_without_pages_below(51) == (1 + 3) * page_size);
}

BOOST_AUTO_TEST_CASE(extents_that_share_bytes_do_not_wrap) {
  page_fill fill;
  for (int i = 0; i < 100; ++i) fill.add({0, page_size});
  BOOST_TEST(!fill.has_page_below({0, 1}, 100));
}

BOOST_AUTO_TEST_SUITE_END()
