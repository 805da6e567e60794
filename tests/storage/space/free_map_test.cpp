#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/free_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

constexpr extent pages(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

std::vector<extent> runs_of(const free_map& map) { return {map.begin(), map.end()}; }

// One flag per page and no cleverness.
class bitmap {
 public:
  explicit bitmap(std::size_t page_count) : free_(page_count, false) {}

  void set(extent e, bool free) {
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p) {
      BOOST_REQUIRE_NE(free_.at(p), free);
      free_.at(p) = free;
    }
  }
  [[nodiscard]] std::vector<extent> runs() const {
    std::vector<extent> out;
    for (std::uint64_t p = 0; p < free_.size(); ++p) {
      if (!free_[p]) continue;
      if (!out.empty() && out.back().end() == p * page_size)
        out.back().length += page_size;
      else
        out.push_back(pages(p, 1));
    }
    return out;
  }
  [[nodiscard]] bool all(std::uint64_t first, std::uint64_t count, bool free) const {
    for (auto p = first; p < first + count; ++p)
      if (p >= free_.size() || free_[p] != free) return false;
    return true;
  }

 private:
  std::vector<bool> free_;
};

std::optional<extent> front(std::optional<extent> run, std::uint64_t bytes) {
  if (!run) return run;
  return extent{run->offset, std::min(bytes, run->length)};
}

std::optional<extent> lowest_from(const std::vector<extent>& runs, std::uint64_t from,
                                  std::uint64_t bytes) {
  for (const auto& r : runs)
    if (r.offset >= from && r.length >= bytes) return r;
  return std::nullopt;
}

std::optional<extent> smallest(const std::vector<extent>& runs, std::uint64_t bytes) {
  std::optional<extent> best;
  for (const auto& r : runs)
    if (r.length >= bytes && (!best || r.length < best->length)) best = r;
  return best;
}

std::optional<extent> longest(const std::vector<extent>& runs) {
  std::optional<extent> best;
  for (const auto& r : runs)
    if (!best || r.length > best->length) best = r;
  return best;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(free_map_suite)

BOOST_AUTO_TEST_CASE(an_empty_map_gives_nothing) {
  free_map map;
  BOOST_CHECK_EQUAL(map.free_bytes(), 0U);
  BOOST_CHECK_EQUAL(map.longest_run(), 0U);
  BOOST_CHECK_EQUAL(map.run_count(), 0U);
  BOOST_CHECK(map.begin() == map.end());
  BOOST_CHECK(!map.take_run(page_size));
  BOOST_CHECK(!map.take_best_fit(page_size));
  BOOST_CHECK(!map.take_lowest(page_size));
  BOOST_CHECK(!map.take_longest(page_size));
  BOOST_CHECK(!map.contains(pages(0, 1)));
}

BOOST_AUTO_TEST_CASE(neighbours_merge_on_both_sides) {
  free_map map;
  map.release(pages(10, 2));
  map.release(pages(20, 2));
  BOOST_CHECK_EQUAL(map.run_count(), 2U);
  map.release(pages(12, 3));  // behind the first
  BOOST_CHECK(runs_of(map) == (std::vector{pages(10, 5), pages(20, 2)}));
  map.release(pages(18, 2));  // before the second
  BOOST_CHECK(runs_of(map) == (std::vector{pages(10, 5), pages(18, 4)}));
  map.release(pages(15, 3));  // between
  BOOST_CHECK(runs_of(map) == (std::vector{pages(10, 12)}));
  BOOST_CHECK_EQUAL(map.longest_run(), 12 * page_size);
  BOOST_CHECK_EQUAL(map.free_bytes(), 12 * page_size);
}

BOOST_AUTO_TEST_CASE(a_claim_in_the_middle_leaves_both_ends) {
  free_map map;
  map.release(pages(10, 10));
  map.claim(pages(13, 2));
  BOOST_CHECK(runs_of(map) == (std::vector{pages(10, 3), pages(15, 5)}));
  map.claim(pages(10, 3));
  map.claim(pages(19, 1));
  BOOST_CHECK(runs_of(map) == (std::vector{pages(15, 4)}));
  map.claim(pages(15, 4));
  BOOST_CHECK_EQUAL(map.run_count(), 0U);
  BOOST_CHECK_EQUAL(map.free_bytes(), 0U);
}

BOOST_AUTO_TEST_CASE(freeing_twice_or_claiming_what_is_used_is_a_broken_invariant) {
  free_map map;
  map.release(pages(10, 10));
  const auto before = runs_of(map);
  for (const auto wrong :
       {pages(10, 10), pages(12, 1), pages(9, 2), pages(19, 2), pages(5, 20), pages(9, 12),
        extent{40960 + 1, 4096}, extent{4096, 100}, extent{4096, 0}})
    BOOST_CHECK_THROW(map.release(wrong), invariant_violation);
  for (const auto wrong : {pages(9, 1), pages(9, 2), pages(19, 2), pages(20, 1), pages(5, 20),
                           extent{40960 + 64, 4096}, extent{40960, 64}, extent{40960, 0}})
    BOOST_CHECK_THROW(map.claim(wrong), invariant_violation);
  BOOST_CHECK_THROW((void)map.take_run(100), invariant_violation);
  BOOST_CHECK_THROW((void)map.take_best_fit(0), invariant_violation);
  BOOST_CHECK(runs_of(map) == before);
  BOOST_CHECK_EQUAL(map.free_bytes(), 10 * page_size);
}

BOOST_AUTO_TEST_CASE(overlaps_what_is_free_in_part) {
  free_map map;
  map.release(pages(10, 10));
  map.release(pages(30, 1));
  for (const auto touching :
       {pages(10, 10), pages(0, 11), pages(19, 20), pages(0, 100), pages(25, 6),
        extent{20 * page_size - 1, 1}, extent{10 * page_size - 5, 6}})
    BOOST_CHECK(map.overlaps(touching));
  for (const auto apart : {pages(0, 10), pages(20, 10), pages(31, 5), extent{10 * page_size - 5, 5},
                           extent{20 * page_size, 1}, extent{12 * page_size, 0}})
    BOOST_CHECK(!map.overlaps(apart));
  BOOST_CHECK(!free_map{}.overlaps(pages(0, 100)));
}

BOOST_AUTO_TEST_CASE(an_extent_that_wraps_is_never_free) {
  free_map map;
  map.release(pages(0, 4));
  const extent wrapping{round_down(UINT64_MAX, page_size), 2 * page_size};
  BOOST_CHECK(!map.contains(wrapping));
  BOOST_CHECK(!map.overlaps(wrapping));
  BOOST_CHECK_THROW(map.release(wrapping), invariant_violation);
  BOOST_CHECK_THROW(map.claim(wrapping), invariant_violation);
  BOOST_CHECK(!map.contains({0, 0}));
}

BOOST_AUTO_TEST_CASE(next_fit_moves_on_and_comes_round) {
  free_map map;
  map.release(pages(0, 4));
  map.release(pages(10, 4));
  map.release(pages(20, 4));
  BOOST_CHECK(map.take_run(3 * page_size) == pages(0, 3));
  BOOST_CHECK(map.take_run(3 * page_size) == pages(10, 3));
  map.release(pages(0, 3));
  // Lower space is free again, but the search goes on from where it stopped.
  BOOST_CHECK(map.take_run(page_size) == pages(13, 1));
  BOOST_CHECK(map.take_run(2 * page_size) == pages(20, 2));
  BOOST_CHECK(map.take_run(2 * page_size) == pages(22, 2));
  BOOST_CHECK(map.take_run(2 * page_size) == pages(0, 2));
}

BOOST_AUTO_TEST_CASE(best_fit_spares_long_runs) {
  free_map map;
  map.release(pages(0, 9));
  map.release(pages(20, 3));
  map.release(pages(30, 5));
  map.release(pages(40, 3));
  BOOST_CHECK(map.take_best_fit(3 * page_size) == pages(20, 3));
  BOOST_CHECK(map.take_best_fit(4 * page_size) == pages(30, 4));
  BOOST_CHECK(map.take_best_fit(page_size) == pages(34, 1));
  BOOST_CHECK(!map.take_best_fit(10 * page_size));
}

BOOST_AUTO_TEST_CASE(longest_is_cut_to_size_and_lowest_among_equals) {
  free_map map;
  map.release(pages(0, 2));
  map.release(pages(10, 5));
  map.release(pages(20, 5));
  BOOST_CHECK(map.take_longest(100 * page_size) == pages(10, 5));
  BOOST_CHECK(map.take_longest(2 * page_size) == pages(20, 2));
  BOOST_CHECK(map.take_longest(2 * page_size) == pages(22, 2));
  BOOST_CHECK(map.take_longest(2 * page_size) == pages(0, 2));
  BOOST_CHECK(map.take_longest(2 * page_size) == pages(24, 1));
  BOOST_CHECK(!map.take_longest(2 * page_size));
}

BOOST_AUTO_TEST_CASE(what_lies_behind_an_end_can_be_left_alone) {
  free_map map;
  map.release(pages(0, 2));
  map.release(pages(10, 5));
  map.release(pages(20, 30));
  const auto end = 23 * page_size;
  BOOST_CHECK(!map.take_run_before(6 * page_size, end));
  BOOST_CHECK(map.take_run_before(3 * page_size, end) == pages(10, 3));
  BOOST_CHECK(map.take_run_before(3 * page_size, end) == pages(20, 3));
  // From the start again once nothing further on fits.
  BOOST_CHECK(map.take_run_before(2 * page_size, end) == pages(0, 2));
  map.release(pages(0, 2));
  BOOST_CHECK(!map.take_run_before(3 * page_size, end));

  map.release(pages(20, 3));
  BOOST_CHECK(!map.take_longest_before(4 * page_size, 9 * page_size, end));
  BOOST_CHECK(map.take_longest_before(page_size, 9 * page_size, end) == pages(20, 3));
  BOOST_CHECK(map.take_longest_before(page_size, page_size, end) == pages(0, 1));
  BOOST_CHECK(map.take_longest_before(page_size, 9 * page_size, end) == pages(13, 2));
  BOOST_CHECK(map.take_longest_before(page_size, 9 * page_size, end) == pages(1, 1));
  BOOST_CHECK(!map.take_longest_before(page_size, 9 * page_size, end));
  BOOST_CHECK(runs_of(map) == std::vector{pages(23, 27)});
}

BOOST_AUTO_TEST_CASE(agrees_with_a_bitmap_under_random_operations) {
  constexpr std::uint64_t page_count = 300;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      free_map map;
      bitmap oracle{page_count};
      std::uint64_t cursor = 0;
      for (int step = 0; step < 5000; ++step) {
        const auto first = random() % page_count;
        const auto count = 1 + random() % (step % 7 == 0 ? 40 : 4);
        const auto e = pages(first, count);
        const auto bytes = e.length;
        const auto runs = oracle.runs();
        const auto took = [&](std::optional<extent> got, std::optional<extent> expected) {
          BOOST_REQUIRE(got == expected);
          if (got) oracle.set(*got, false);
        };
        switch (random() % 8) {
          case 0:
          case 1:
          case 2:
            if (first + count > page_count) break;
            if (oracle.all(first, count, false)) {
              map.release(e);
              oracle.set(e, true);
            } else {
              BOOST_REQUIRE_THROW(map.release(e), invariant_violation);
            }
            break;
          case 3:
            if (oracle.all(first, count, true)) {
              map.claim(e);
              oracle.set(e, false);
            } else {
              BOOST_REQUIRE_THROW(map.claim(e), invariant_violation);
            }
            break;
          case 4: {
            auto expected = lowest_from(runs, cursor, bytes);
            if (!expected) expected = lowest_from(runs, 0, bytes);
            const auto got = map.take_run(bytes);
            took(got, front(expected, bytes));
            if (got) cursor = got->end();
            break;
          }
          case 5: took(map.take_best_fit(bytes), front(smallest(runs, bytes), bytes)); break;
          case 6: took(map.take_lowest(bytes), front(lowest_from(runs, 0, bytes), bytes)); break;
          default: took(map.take_longest(bytes), front(longest(runs), bytes)); break;
        }

        const auto now = oracle.runs();
        BOOST_REQUIRE(runs_of(map) == now);
        std::uint64_t sum = 0;
        std::uint64_t most = 0;
        for (const auto& r : now) {
          sum += r.length;
          most = std::max(most, r.length);
        }
        BOOST_REQUIRE_EQUAL(map.free_bytes(), sum);
        BOOST_REQUIRE_EQUAL(map.longest_run(), most);
        BOOST_REQUIRE_EQUAL(map.run_count(), now.size());
        BOOST_REQUIRE_EQUAL(map.contains(e), oracle.all(first, count, true));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(copies_are_apart_and_moved_from_is_empty) {
  free_map map;
  map.release(pages(0, 4));
  auto copy = map;
  copy.claim(pages(0, 1));
  BOOST_CHECK_EQUAL(map.free_bytes(), 4 * page_size);
  const auto moved = std::move(copy);
  BOOST_CHECK(runs_of(moved) == (std::vector{pages(1, 3)}));
  const auto left = copy;  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  BOOST_CHECK_EQUAL(left.free_bytes(), 0U);
  BOOST_CHECK_EQUAL(left.longest_run(), 0U);
}

BOOST_AUTO_TEST_CASE(of_short_runs_the_longest_before_the_end) {
  free_map map;
  for (const auto& run : {pages(0, 2), pages(10, 16), pages(30, 5), pages(40, 5), pages(50, 9)})
    map.release(run);
  BOOST_CHECK(map.last_run() == pages(50, 9));
  const auto take = [&](std::uint64_t most, std::uint64_t end) {
    return map.take_short_before(16 * page_size, most * page_size, end * page_size);
  };
  // 9 pages reach beyond the end; of equal ones the one that comes last; 16 are not short.
  BOOST_CHECK(take(9, 58) == pages(40, 5));
  BOOST_CHECK(take(3, 58) == pages(30, 3));
  BOOST_CHECK(take(9, 58) == pages(33, 2));
  BOOST_CHECK(take(9, 58) == pages(0, 2));
  BOOST_CHECK(!take(9, 58));
  BOOST_CHECK(take(9, 59) == pages(50, 9));
  BOOST_CHECK(!take(9, 59));
  BOOST_CHECK(map.last_run() == pages(10, 16));
  BOOST_CHECK(!free_map{}.last_run());
}

BOOST_AUTO_TEST_SUITE_END()
