#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/page_liveness.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace stowage;

namespace {

constexpr extent pages(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

std::vector<extent> removed(page_liveness& live, extent e) {
  std::vector<extent> freed;
  live.remove(e, freed);
  return freed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page_liveness_suite)

BOOST_AUTO_TEST_CASE(coverage_splits_an_extent_into_whole_and_partial_pages) {
  const auto check = [](extent e, extent whole, const std::vector<std::uint64_t>& partial) {
    const auto c = coverage_of(e);
    BOOST_CHECK(c.whole == whole);
    BOOST_CHECK(std::vector(c.partial.begin(),
                            c.partial.begin() + static_cast<std::ptrdiff_t>(c.partial_count)) ==
                partial);
  };
  check({}, {}, {});
  check(pages(3, 1), pages(3, 1), {});
  check(pages(3, 4), pages(3, 4), {});
  check({3 * page_size, 64}, {}, {3});
  check({3 * page_size + 64, page_size - 64}, {}, {3});
  check({3 * page_size + 64, 64}, {}, {3});
  check({3 * page_size + 64, page_size}, {}, {3, 4});
  check({3 * page_size, page_size + 1}, pages(3, 1), {4});
  check({3 * page_size + 64, 2 * page_size - 64}, pages(4, 1), {3});
  check({3 * page_size + 64, 3 * page_size}, pages(4, 2), {3, 6});
}

BOOST_AUTO_TEST_CASE(whole_pages_are_free_at_once) {
  page_liveness live;
  live.add(pages(10, 4));
  BOOST_CHECK_EQUAL(live.live_pages(), 4U);
  BOOST_CHECK_EQUAL(live.partial_pages(), 0U);
  BOOST_CHECK_EQUAL(live.count(10), 0U);
  BOOST_CHECK(removed(live, pages(10, 4)) == std::vector{pages(10, 4)});
  BOOST_CHECK_EQUAL(live.live_pages(), 0U);
}

BOOST_AUTO_TEST_CASE(a_page_of_64_extents_is_free_after_the_last) {
  page_liveness live;
  for (std::uint64_t i = 0; i < 64; ++i) live.add({page_size + 64 * i, i % 64 + 1});
  BOOST_CHECK_EQUAL(live.count(1), 64U);
  BOOST_CHECK_EQUAL(live.live_pages(), 1U);
  for (std::uint64_t i = 0; i < 63; ++i)
    BOOST_CHECK(removed(live, {page_size + 64 * i, i % 64 + 1}).empty());
  BOOST_CHECK_EQUAL(live.count(1), 1U);
  BOOST_CHECK(removed(live, {page_size + std::uint64_t{63} * 64, 64}) == std::vector{pages(1, 1)});
  BOOST_CHECK_EQUAL(live.count(1), 0U);
}

BOOST_AUTO_TEST_CASE(many_at_once_count_as_one_after_another) {
  // Small and large ones side by side, over several chunks of 64 pages, and back to where they began.
  std::vector<extent> group;
  std::uint64_t at = 60 * page_size;
  for (std::uint64_t i = 0; i < 300; ++i) {
    group.push_back({at, 64 * (i % 100 + 1)});
    at = i % 10 == 9 ? round_up_to_page(group.back().end()) : group.back().end();
  }
  group.push_back({400 * page_size + 64, 2 * page_size});
  group.push_back({60 * page_size, 1});
  page_liveness together;
  together.add(group);
  page_liveness each;
  for (const auto& e : group) each.add(e);
  BOOST_CHECK_EQUAL(together.live_pages(), each.live_pages());
  BOOST_CHECK_EQUAL(together.partial_pages(), each.partial_pages());
  bool is_same = true;
  for (std::uint64_t page = 0; page < 500; ++page)
    is_same = is_same && together.count(page) == each.count(page);
  BOOST_CHECK(is_same);
  for (const auto& e : group) (void)removed(together, e);
  BOOST_CHECK_EQUAL(together.live_pages(), 0U);
}

BOOST_AUTO_TEST_CASE(a_shared_page_stays_and_the_rest_is_one_extent) {
  page_liveness live;
  const extent a{page_size, 2 * page_size + 100};      // pages 1, 2 and a part of 3
  const extent b{3 * page_size + 128, 2 * page_size};  // parts of 3 and 5, page 4
  live.add(a);
  live.add(b);
  BOOST_CHECK_EQUAL(live.count(3), 2U);
  BOOST_CHECK_EQUAL(live.live_pages(), 5U);
  BOOST_CHECK_EQUAL(live.partial_pages(), 2U);
  BOOST_CHECK(removed(live, a) == std::vector{pages(1, 2)});
  BOOST_CHECK(removed(live, b) == std::vector{pages(3, 3)});
}

BOOST_AUTO_TEST_CASE(two_partial_pages_without_a_whole_one_are_one_extent) {
  page_liveness live;
  const extent e{page_size + 4032, 128};
  live.add(e);
  BOOST_CHECK(removed(live, e) == std::vector{pages(1, 2)});

  // Only the second of them becomes free.
  live.add({page_size, 64});
  live.add(e);
  BOOST_CHECK(removed(live, e) == std::vector{pages(2, 1)});
  BOOST_CHECK_EQUAL(live.count(1), 1U);
}

BOOST_AUTO_TEST_CASE(what_is_freed_in_sequence_merges) {
  page_liveness live;
  live.add(pages(1, 2));
  live.add(pages(3, 2));
  live.add(pages(8, 1));
  live.add(pages(7, 1));
  std::vector<extent> freed;
  live.remove(pages(1, 2), freed);
  live.remove(pages(3, 2), freed);
  live.remove(pages(8, 1), freed);
  live.remove(pages(7, 1), freed);
  BOOST_CHECK(freed == (std::vector{pages(1, 4), pages(7, 2)}));
}

BOOST_AUTO_TEST_CASE(removing_what_is_not_live_is_a_broken_invariant) {
  page_liveness live;
  std::vector<extent> freed;
  live.add({page_size, 64});
  BOOST_CHECK_THROW(live.remove({2 * page_size, 64}, freed), invariant_violation);
  BOOST_CHECK_THROW(live.remove(pages(1, 1), freed), invariant_violation);
  BOOST_CHECK_THROW(live.remove({page_size + 64, page_size}, freed), invariant_violation);
  BOOST_CHECK_THROW(live.remove({page_size, 0}, freed), invariant_violation);
  BOOST_CHECK_THROW(live.add({page_size, 0}), invariant_violation);
  live.add(pages(4, 1));
  // One whole page is live, but not one that others share.
  BOOST_CHECK_THROW(live.remove(pages(1, 1), freed), invariant_violation);
  BOOST_CHECK_THROW(live.add(pages(0, 3)), invariant_violation);
  // A refused call changes nothing.
  BOOST_CHECK(freed.empty());
  BOOST_CHECK_EQUAL(live.count(1), 1U);
  BOOST_CHECK_EQUAL(live.live_pages(), 2U);
}

BOOST_AUTO_TEST_CASE(a_page_takes_no_more_extents_than_bytes) {
  page_liveness live;
  for (std::uint64_t i = 0; i < page_size; ++i) live.add({i, 1});
  BOOST_CHECK_EQUAL(live.count(0), page_size);
  BOOST_CHECK_THROW(live.add({0, 1}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(far_apart_pages_are_counted) {
  page_liveness live;
  const extent far{(std::uint64_t{1} << 48U) - page_size, 64};
  live.add({0, 64});
  live.add(far);
  BOOST_CHECK_EQUAL(live.count(far.offset / page_size), 1U);
  BOOST_CHECK_EQUAL(live.live_pages(), 2U);
  BOOST_CHECK(removed(live, far) == std::vector{far.pages()});
}

BOOST_AUTO_TEST_CASE(agrees_with_a_set_of_extents_under_random_operations) {
  constexpr std::uint64_t units = 400 * page_size / 64;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      page_liveness live;
      std::set<extent> extents;
      std::map<std::uint64_t, std::set<extent>> on_page;
      std::vector<bool> taken(units, false);
      for (int step = 0; step < 6000; ++step) {
        if (extents.empty() || random() % 2 == 0) {
          const auto first = random() % units;
          const auto length = 1 + random() % (step % 5 == 0 ? 6 * page_size : 500);
          const auto count = (length + 63) / 64;
          if (first + count > units) continue;
          const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(first);
          const auto end = begin + static_cast<std::ptrdiff_t>(count);
          if (std::find(begin, end, true) != end) continue;
          std::fill(begin, end, true);
          const extent e{first * 64, length};
          live.add(e);
          extents.insert(e);
          for (auto p = e.offset / page_size; p * page_size < e.end(); ++p) on_page[p].insert(e);
        } else {
          auto chosen = extents.lower_bound({random() % units * 64, 0});
          if (chosen == extents.end()) chosen = extents.begin();
          const auto e = *chosen;
          extents.erase(chosen);
          const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(e.offset / 64);
          std::fill_n(begin, (e.length + 63) / 64, false);
          std::vector<extent> expected;
          for (auto p = e.offset / page_size; p * page_size < e.end(); ++p) {
            on_page[p].erase(e);
            if (!on_page[p].empty()) continue;
            on_page.erase(p);
            if (!expected.empty() && expected.back().end() == p * page_size)
              expected.back().length += page_size;
            else
              expected.push_back(pages(p, 1));
          }
          BOOST_REQUIRE(removed(live, e) == expected);
        }
        BOOST_REQUIRE_EQUAL(live.live_pages(), on_page.size());
        const auto p = random() % 400;
        const auto found = on_page.find(p);
        std::size_t sharers = 0;
        if (found != on_page.end())
          sharers = static_cast<std::size_t>(
              std::count_if(found->second.begin(), found->second.end(), [p](const extent& e) {
                return e.offset > p * page_size || e.end() < (p + 1) * page_size;
              }));
        BOOST_REQUIRE_EQUAL(live.count(p), sharers);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
