#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/space/space_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using namespace stowage;
using limits::gib;
using limits::mib;

namespace {

constexpr std::uint64_t head = 32 * page_size;

constexpr extent pages(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

constexpr std::uint64_t in_pages(std::uint64_t count) { return count * page_size; }

// `count` pages of space behind the head.
space_map space_of(std::uint64_t count) { return {head + in_pages(count), head}; }

// Every second page of `count` is used by an area, so no free run has two pages.
space_map fragmented(std::uint64_t count) {
  auto space = space_of(count);
  for (std::uint64_t i = 0; i < count; i += 2)
    BOOST_REQUIRE(space.claim_pages(pages(head / page_size + i, 1)).ok());
  return space;
}

std::uint64_t bytes_of(const std::vector<extent>& extents) {
  std::uint64_t sum = 0;
  for (const auto& e : extents) sum += e.length;
  return sum;
}

void check_corrupt_at(const result<void>& r, std::uint64_t offset) {
  BOOST_REQUIRE(!r.ok());
  BOOST_CHECK(r.error().code == errc::corrupt);
  BOOST_CHECK(r.error().offset == offset);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(space_map_suite)

BOOST_AUTO_TEST_CASE(a_new_file_is_free_behind_its_head) {
  const auto space = space_of(100);
  space_stats expected;
  expected.file_bytes = head + in_pages(100);
  expected.free_bytes = in_pages(100);
  expected.fixed = head;
  expected.longest_free_run = in_pages(100);
  expected.free_runs = 1;
  BOOST_CHECK(space.stats() == expected);
  BOOST_CHECK_EQUAL(space_map(head, head).stats().free_bytes, 0U);
  BOOST_CHECK_THROW(space_map(head + 1, head), invariant_violation);
  BOOST_CHECK_THROW(space_map(head, head + page_size), invariant_violation);
}

BOOST_AUTO_TEST_CASE(grants_never_exceed_what_is_free) {
  auto space = space_of(100);
  BOOST_CHECK(!space.grant(in_pages(100) + 1));
  BOOST_CHECK(space.grant(in_pages(100)));
  BOOST_CHECK(!space.grant(1));
  BOOST_CHECK_EQUAL(space.stats().outstanding, in_pages(100));
  space.give_back(in_pages(30));
  BOOST_CHECK(space.grant(in_pages(30)));
  BOOST_CHECK_THROW(space.give_back(in_pages(101)), invariant_violation);
}

BOOST_AUTO_TEST_CASE(the_shortfall_is_exactly_what_growth_must_bring) {
  auto space = space_of(100);
  BOOST_CHECK_EQUAL(space.shortfall(in_pages(100)), 0U);
  BOOST_CHECK_EQUAL(space.shortfall(in_pages(100) + 1), in_pages(1));
  BOOST_CHECK(space.grant(in_pages(50)));

  const auto missing = space.shortfall(in_pages(90));
  BOOST_CHECK_EQUAL(missing, in_pages(40));
  space.grow(space.file_bytes() + missing - page_size);
  BOOST_CHECK(!space.grant(in_pages(90)));
  space.grow(space.file_bytes() + page_size);
  BOOST_CHECK(space.grant(in_pages(90)));
}

BOOST_AUTO_TEST_CASE(absurd_requests_are_refused_without_wrapping) {
  auto space = space_of(100);
  BOOST_CHECK(!space.grant(UINT64_MAX));
  BOOST_CHECK_GE(space.shortfall(UINT64_MAX), limits::file_bytes_max - in_pages(100));
}

BOOST_AUTO_TEST_CASE(leased_space_may_be_promised_but_not_twice) {
  auto space = space_of(100);
  lease l;
  space.refill(l, in_pages(60));
  BOOST_CHECK_EQUAL(l.available(), in_pages(60));
  BOOST_CHECK_EQUAL(l.run_count(), 1U);
  BOOST_CHECK_EQUAL(space.stats().leased, in_pages(60));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(40));
  BOOST_CHECK(space.grant(in_pages(100)));
  BOOST_CHECK(!space.grant(1));

  BOOST_REQUIRE(l.carve(in_pages(60)).has_value());
  space.spent(in_pages(60));
  BOOST_CHECK_EQUAL(space.stats().outstanding, in_pages(40));
  BOOST_CHECK_EQUAL(space.stats().in_flight, in_pages(60));
  space.refill(l, in_pages(1000));
  BOOST_CHECK_EQUAL(l.available(), in_pages(40));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 0U);
  space.refill(l, in_pages(1));
  BOOST_CHECK_EQUAL(l.available(), in_pages(40));
}

BOOST_AUTO_TEST_CASE(a_refill_is_whole_pages) {
  auto space = space_of(10);
  lease l;
  space.refill(l, 0);
  BOOST_CHECK(l.empty());
  space.refill(l, 1);
  BOOST_CHECK_EQUAL(l.available(), page_size);
  space.refill(l, page_size + 1);
  BOOST_CHECK_EQUAL(l.available(), in_pages(3));
  space.refill(l, UINT64_MAX);
  BOOST_CHECK_EQUAL(l.available(), in_pages(10));
}

BOOST_AUTO_TEST_CASE(fragmented_space_supplies_what_it_promised) {
  auto space = fragmented(200);
  BOOST_CHECK_EQUAL(space.stats().longest_free_run, page_size);
  BOOST_CHECK_EQUAL(space.stats().free_runs, 100U);
  BOOST_REQUIRE(space.grant(in_pages(100)));
  lease l;
  space.refill(l, in_pages(100));
  BOOST_CHECK_EQUAL(l.available(), in_pages(100));
  BOOST_CHECK(!l.carve(in_pages(2)));
  for (int i = 0; i < 100; ++i) BOOST_CHECK_EQUAL(l.carve_up_to(in_pages(100)).length, page_size);
  space.spent(in_pages(100));
  BOOST_CHECK_EQUAL(space.stats().outstanding, 0U);
}

BOOST_AUTO_TEST_CASE(a_refill_takes_used_space_first_and_the_longest_runs_of_it) {
  auto space = space_of(20);
  const auto first = head / page_size;
  BOOST_REQUIRE(space.claim_pages(pages(first + 3, 1)).ok());   // runs of 3,
  BOOST_REQUIRE(space.claim_pages(pages(first + 12, 1)).ok());  // 8
  lease l;                                                      // and 7 pages
  space.refill(l, in_pages(10));
  BOOST_CHECK(l.release() == (std::vector{pages(first, 2), pages(first + 4, 8)}));
}

BOOST_AUTO_TEST_CASE(what_was_never_given_out_is_fresh) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK_EQUAL(space.fresh_from(), head);
  BOOST_REQUIRE(space.claim_pages(pages(first + 9, 1)).ok());
  BOOST_CHECK_EQUAL(space.fresh_from(), head + in_pages(10));
  BOOST_REQUIRE(space.claim_data({head + in_pages(11) + 64, 64}).ok());
  BOOST_CHECK_EQUAL(space.fresh_from(), head + in_pages(12));
  BOOST_REQUIRE(space.allocate_contiguous(in_pages(20), in_pages(20)).has_value());
  BOOST_CHECK_EQUAL(space.fresh_from(), head + in_pages(32));
  lease l;
  space.refill(l, in_pages(30));
  BOOST_CHECK_GT(space.fresh_from(), head + in_pages(32));
  // What comes back was given out all the same.
  const auto fresh_from = space.fresh_from();
  space.take_back(std::move(l));
  BOOST_CHECK_EQUAL(space.fresh_from(), fresh_from);
}

BOOST_AUTO_TEST_CASE(short_pieces_are_used_again_only_while_much_lies_idle) {
  // 400 pages of which every twentieth is free, and fresh pages behind them.
  auto space = space_of(1000);
  const auto first = head / page_size;
  for (std::uint64_t i = 0; i < 400; i += 20)
    BOOST_REQUIRE(space.claim_pages(pages(first + i, 19)).ok());
  lease l;
  space.refill(l, in_pages(10));
  BOOST_CHECK(l.release() == std::vector{pages(first + 399, 10)});
  // With another page in twenty free a ninth of what is used lies idle, and then they go before long ones.
  for (std::uint64_t i = 0; i < 400; i += 20) space.free_extent(pages(first + i, 1));
  BOOST_REQUIRE(space.free_space().longest_run() > in_pages(100));
  space.refill(l, in_pages(10));
  const auto again = l.release();
  BOOST_CHECK_EQUAL(bytes_of(again), in_pages(10));
  for (const auto& run : again) {
    BOOST_CHECK_LT(run.offset, head + in_pages(400));
    BOOST_CHECK_LE(run.length, in_pages(2));
  }
  // Long ones in any case.
  auto roomy = space_of(1000);
  BOOST_REQUIRE(roomy.claim_pages(pages(first, 400)).ok());
  BOOST_REQUIRE(roomy.claim_pages(pages(first + 416, 1)).ok());
  roomy.refill(l, in_pages(20));
  BOOST_CHECK(l.release() == (std::vector{pages(first + 400, 16), pages(first + 417, 4)}));
}

BOOST_AUTO_TEST_CASE(a_refill_goes_on_in_one_run_where_it_can) {
  auto space = space_of(1000);
  const auto first = head / page_size;
  BOOST_REQUIRE(space.claim_pages(pages(first + 37, 400)).ok());  // runs of 37 and 563 pages
  lease l;
  space.refill(l, in_pages(18));
  BOOST_CHECK(l.release() == std::vector{pages(first, 18)});
  space.refill(l, in_pages(18));
  BOOST_CHECK(l.release() == std::vector{pages(first + 18, 18)});
  space.refill(l, in_pages(18));
  BOOST_CHECK(l.release() == std::vector{pages(first + 437, 18)});
}

BOOST_AUTO_TEST_CASE(what_is_spent_was_leased_and_promised) {
  auto space = space_of(100);
  lease l;
  space.refill(l, in_pages(10));
  BOOST_CHECK_THROW(space.spent(in_pages(1)), invariant_violation);  // not promised
  BOOST_REQUIRE(space.grant(in_pages(50)));
  BOOST_CHECK_THROW(space.spent(in_pages(11)), invariant_violation);  // not leased
  BOOST_CHECK_THROW(space.spent(64), invariant_violation);
  space.spent(in_pages(10));
  BOOST_CHECK_THROW(space.publish({head, in_pages(11)}), invariant_violation);  // not spent
}

BOOST_AUTO_TEST_CASE(unspent_lease_comes_back) {
  auto space = space_of(100);
  const auto before = space.stats();
  lease l;
  space.refill(l, in_pages(60));
  space.take_back(std::move(l));
  BOOST_CHECK(space.stats() == before);

  lease foreign;
  foreign.add(pages(1000, 1));
  BOOST_CHECK_THROW(space.take_back(std::move(foreign)),  // NOLINT(bugprone-use-after-move)
                    invariant_violation);
}

BOOST_AUTO_TEST_CASE(what_was_not_taken_is_not_published) {
  auto space = space_of(100);
  lease l;
  BOOST_REQUIRE(space.grant(in_pages(4)));
  space.refill(l, in_pages(4));
  const auto run = l.carve(in_pages(4)).value();
  space.spent(run.length);
  // I1: bytes that the writer put where it had no lease.
  BOOST_CHECK_THROW(space.publish({run.end() + page_size, page_size}), invariant_violation);
  BOOST_CHECK_THROW(space.publish({run.end() - 100, 200}), invariant_violation);
  const auto area = space.allocate_contiguous(page_size, page_size).value();
  BOOST_CHECK_THROW(space.publish(area), invariant_violation);
  // In a group whose extents are asked about together, in each place.
  BOOST_REQUIRE_EQUAL(area.offset, run.end());
  const std::vector<extent> group{{run.offset, 64},
                                  {run.offset + 64, page_size},
                                  {run.offset + page_size + 128, in_pages(3) - 128}};
  for (std::size_t at = 0; at <= group.size(); ++at) {
    auto wrong = group;
    wrong.insert(wrong.begin() + static_cast<std::ptrdiff_t>(at), area);
    auto as_it_was = space;
    BOOST_CHECK_THROW(as_it_was.publish(wrong), invariant_violation);
  }
  space.publish(std::vector<extent>{});
  BOOST_CHECK_EQUAL(space.stats().live, 0U);
  space.publish(group);
  BOOST_CHECK_EQUAL(space.stats().live, in_pages(4));
}

BOOST_AUTO_TEST_CASE(a_lost_lease_is_never_given_out_again) {
  auto space = space_of(100);
  {
    lease l;
    space.refill(l, in_pages(60));
  }
  lease next;
  space.refill(next, in_pages(100));
  BOOST_CHECK_EQUAL(next.available(), in_pages(40));
  BOOST_CHECK_EQUAL(space.stats().leased, in_pages(100));
}

BOOST_AUTO_TEST_CASE(a_group_lives_until_its_last_extent_is_retired) {
  auto space = space_of(100);
  lease l;
  BOOST_REQUIRE(space.grant(in_pages(3)));
  space.refill(l, in_pages(3));
  const auto run = l.carve(in_pages(3)).value();
  space.spent(run.length);
  const extent a{run.offset, page_size + 100};
  const extent b{run.offset + page_size + 128, page_size};
  const extent c{b.end() + 64, 64};
  for (const auto& e : {a, b, c}) space.publish(e);
  BOOST_CHECK_EQUAL(space.stats().in_flight, 0U);
  BOOST_CHECK_EQUAL(space.stats().live, in_pages(3));
  space.retire(a);
  BOOST_CHECK_EQUAL(space.stats().live, in_pages(2));
  space.retire(c);
  BOOST_CHECK_EQUAL(space.stats().live, in_pages(2));
  space.retire(b);
  BOOST_CHECK_EQUAL(space.stats().live, 0U);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(100));
  BOOST_CHECK_EQUAL(space.stats().free_runs, 1U);
  BOOST_CHECK_THROW(space.retire(b), invariant_violation);
}

BOOST_AUTO_TEST_CASE(contiguous_space_halves_down_to_the_minimum) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_REQUIRE(space.claim_pages(pages(first + 10, 1)).ok());  // runs of 10 and 89 pages
  BOOST_CHECK(space.allocate_contiguous(in_pages(4), in_pages(8)) == pages(first, 8));
  BOOST_CHECK(space.allocate_contiguous(in_pages(4), in_pages(160)) == pages(first + 11, 80));
  BOOST_CHECK(!space.allocate_contiguous(in_pages(10), in_pages(64)));
  // Not a power of two apart: the minimum itself is tried as well.
  BOOST_CHECK(space.allocate_contiguous(in_pages(9), in_pages(64)) == pages(first + 91, 9));
  BOOST_CHECK_EQUAL(space.stats().fixed, head + in_pages(1 + 8 + 80 + 9));
  BOOST_CHECK_THROW((void)space.allocate_contiguous(in_pages(2), in_pages(1)), invariant_violation);
}

BOOST_AUTO_TEST_CASE(areas_eat_no_promise) {
  auto space = space_of(100);
  BOOST_REQUIRE(space.grant(in_pages(40)));
  BOOST_CHECK(!space.allocate_contiguous(in_pages(61), in_pages(61)));
  BOOST_CHECK(!space.allocate_scattered(in_pages(61), in_pages(16)));
  BOOST_CHECK(space.allocate_contiguous(in_pages(1), in_pages(64)).value().length == in_pages(32));
  BOOST_CHECK(space.allocate_scattered(in_pages(28), in_pages(16)).has_value());
  BOOST_CHECK(!space.allocate_contiguous(in_pages(1), in_pages(1)));
  lease l;
  space.refill(l, in_pages(40));
  BOOST_CHECK_EQUAL(l.available(), in_pages(40));
}

BOOST_AUTO_TEST_CASE(areas_are_never_cut_from_leased_space) {
  auto space = space_of(100);
  lease l;
  space.refill(l, in_pages(90));
  BOOST_CHECK(!space.allocate_contiguous(in_pages(11), in_pages(11)));
  BOOST_CHECK(!space.allocate_scattered(in_pages(11), in_pages(1)));
  BOOST_CHECK(space.allocate_contiguous(in_pages(10), in_pages(10)).has_value());
}

BOOST_AUTO_TEST_CASE(scattered_space_comes_in_pieces_and_goes_back) {
  auto space = fragmented(40);
  const auto before = space.stats();
  const auto pieces = space.allocate_scattered(in_pages(20), in_pages(16));
  BOOST_REQUIRE(pieces.has_value());
  BOOST_CHECK_EQUAL(pieces->size(), 20U);
  BOOST_CHECK_EQUAL(bytes_of(*pieces), in_pages(20));
  BOOST_CHECK(check_disjoint(*pieces).ok());
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 0U);
  for (const auto& e : *pieces) space.free_extent(e);
  BOOST_CHECK(space.stats() == before);

  auto whole = space_of(40);
  const auto even = whole.allocate_scattered(in_pages(35), in_pages(16));
  BOOST_REQUIRE(even.has_value());
  BOOST_CHECK_EQUAL(even->size(), 3U);
  BOOST_CHECK_EQUAL(even->back().length, in_pages(3));
}

BOOST_AUTO_TEST_CASE(freeing_what_is_not_allocated_is_a_broken_invariant) {
  auto space = space_of(40);
  BOOST_CHECK_THROW(space.free_extent({head, page_size}), invariant_violation);
  BOOST_CHECK_THROW(space.free_extent({0, page_size}), invariant_violation);
  const auto area = space.allocate_contiguous(in_pages(4), in_pages(4)).value();
  space.free_extent(area);
  BOOST_CHECK_THROW(space.free_extent(area), invariant_violation);

  lease l;
  space.refill(l, in_pages(40));
  const auto before = space.stats();
  BOOST_CHECK_THROW(space.free_extent({head, page_size}), invariant_violation);  // leased
  BOOST_CHECK(space.stats() == before);
}

BOOST_AUTO_TEST_CASE(growth_is_free_and_joins_the_end) {
  auto space = space_of(10);
  space.grow(space.file_bytes());
  space.grow(space.file_bytes() + in_pages(5));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(15));
  BOOST_CHECK_EQUAL(space.stats().free_runs, 1U);
  BOOST_CHECK_THROW(space.grow(space.file_bytes() - page_size), invariant_violation);
  BOOST_CHECK_THROW(space.grow(space.file_bytes() + 1), invariant_violation);
}

BOOST_AUTO_TEST_CASE(recovery_claims_areas_and_blocks) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK(space.claim_pages(pages(first, 10)).ok());
  const extent a{in_pages(first + 20), 2 * page_size + 64};
  const extent b{a.end(), 64};
  const extent c{b.end(), page_size};
  BOOST_CHECK(space.claim_data(c).ok());
  BOOST_CHECK(space.claim_data(a).ok());
  BOOST_CHECK(space.claim_data(b).ok());
  BOOST_CHECK_EQUAL(space.stats().live, in_pages(4));
  BOOST_CHECK_EQUAL(space.stats().fixed, head + in_pages(10));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(86));
  BOOST_CHECK_EQUAL(space.liveness().count(first + 22), 3U);
  space.retire(a);
  space.retire(b);
  space.retire(c);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(90));
}

BOOST_AUTO_TEST_CASE(recovery_refuses_contradictions_and_changes_nothing) {
  auto space = space_of(100);
  constexpr auto first = head / page_size;
  const auto at = [](std::uint64_t page, std::uint64_t inside = 0) {
    return in_pages(first + page) + inside;
  };
  BOOST_REQUIRE(space.claim_pages(pages(first, 10)).ok());
  BOOST_REQUIRE(space.claim_data({at(20), 2 * page_size + 64}).ok());
  const auto before = space.stats();

  for (const auto area :
       {pages(first + 9, 1), pages(first + 9, 3), pages(first + 20, 1), pages(first + 22, 1),
        pages(first + 15, 10), pages(first + 99, 2), pages(first + 100, 1), pages(0, 1),
        extent{at(30), 0}, extent{at(30), 64}, extent{at(30, 64), page_size},
        extent{at(30), UINT64_MAX - 4095}, extent{UINT64_MAX - 4095, 8192}})
    check_corrupt_at(space.claim_pages(area), area.offset);

  for (const auto data : {extent{at(9, 64), 64},            // in an area
                          extent{at(9), page_size},         // all of an area's page
                          extent{at(9, 64), page_size},     // from an area into free space
                          extent{at(20, 64), 64},           // inside another block's own page
                          extent{at(21), page_size},        // the same own page
                          extent{at(19, 64), page_size},    // from free space into it
                          extent{at(22), page_size},        // all of a shared page
                          extent{at(19), 4 * page_size},    // around it all
                          extent{at(99, 64), page_size},    // past the end
                          extent{at(100), 1},               // behind the end
                          extent{head - 64, 128},           // from the head
                          extent{at(50), 0},                // nothing
                          extent{at(50), UINT64_MAX - 64},  // wraps
                          extent{UINT64_MAX - 63, 128}})
    check_corrupt_at(space.claim_data(data), data.offset);
  BOOST_CHECK(space.stats() == before);
}

BOOST_AUTO_TEST_CASE(a_page_claimed_more_often_than_it_has_bytes_is_corrupt) {
  auto space = space_of(10);
  for (std::uint64_t i = 0; i < page_size; ++i) BOOST_REQUIRE(space.claim_data({head, 1}).ok());
  check_corrupt_at(space.claim_data({head, 1}), head);
}

BOOST_AUTO_TEST_CASE(shared_bytes_are_found_in_any_order) {
  BOOST_CHECK(check_disjoint({}).ok());
  BOOST_CHECK(check_disjoint({{100, 50}, {0, 100}, {150, 1}}).ok());
  BOOST_CHECK(check_disjoint({{0, 100}, {50, 0}, {50, 0}}).ok());
  check_corrupt_at(check_disjoint({{100, 50}, {0, 101}}), 100);
  check_corrupt_at(check_disjoint({{0, 1000}, {500, 1}, {2000, 1}}), 500);
  check_corrupt_at(check_disjoint({{7, 1}, {7, 1}}), 7);
  check_corrupt_at(check_disjoint({{64, UINT64_MAX}, {128, 64}}), 128);
}

BOOST_AUTO_TEST_CASE(growth_follows_the_file_within_bounds) {
  BOOST_CHECK_EQUAL(growth_for(0, 0), 16 * mib);
  BOOST_CHECK_EQUAL(growth_for(256 * mib, 1), 16 * mib);
  BOOST_CHECK_EQUAL(growth_for(256 * mib + 16 * page_size, 1), 16 * mib + page_size);
  BOOST_CHECK_EQUAL(growth_for(256 * mib + page_size, 1), 16 * mib + page_size);
  BOOST_CHECK_EQUAL(growth_for(16 * gib, 1), gib);
  BOOST_CHECK_EQUAL(growth_for(100 * gib, 1), gib);
  BOOST_CHECK_EQUAL(growth_for(100 * gib, 2 * gib + 1), 2 * gib + page_size);
  BOOST_CHECK_EQUAL(growth_for(mib, 20 * mib + 1), 20 * mib + page_size);
  BOOST_CHECK_EQUAL(growth_for(limits::file_bytes_max - 8 * mib, 1), 8 * mib);
  BOOST_CHECK_EQUAL(growth_for(limits::file_bytes_max, 1), 0U);
  BOOST_CHECK_EQUAL(growth_for(mib, UINT64_MAX), limits::file_bytes_max - mib);
}

// Plays registry, writer, checkpointer and disk at random against one map, and keeps its own books.
BOOST_AUTO_TEST_CASE(books_balance_and_every_promise_can_be_kept) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      const auto up_to = [&random](std::uint64_t n) { return random() % (n + 1); };
      auto space = space_of(256);
      lease standing;
      std::vector<extent> live;
      std::vector<extent> areas;
      std::uint64_t leased = 0;
      std::uint64_t outstanding = 0;
      std::uint64_t granted = 0;
      std::uint64_t refused = 0;

      for (int step = 0; step < 4000; ++step) {
        switch (random() % 10) {
          case 0:
          case 1: {
            const auto bytes = in_pages(1 + up_to(12));
            const auto s = space.stats();
            const bool expected = s.free_bytes + s.leased >= outstanding + bytes;
            BOOST_REQUIRE_EQUAL(space.shortfall(bytes) == 0, expected);
            BOOST_REQUIRE_EQUAL(space.grant(bytes), expected);
            if (expected) outstanding += bytes;
            ++(expected ? granted : refused);
            break;
          }
          case 2: {
            const auto bytes = std::min(outstanding, up_to(in_pages(3)));
            space.give_back(bytes);
            outstanding -= bytes;
            break;
          }
          case 3: {
            const auto want = in_pages(up_to(40));
            const auto expected = std::min(want, space.stats().free_bytes);
            const auto before = standing.available();
            space.refill(standing, want);
            BOOST_REQUIRE_EQUAL(standing.available() - before, expected);
            leased += expected;
            break;
          }
          case 4:
          case 5: {
            // A group: as much as is promised, in as many pieces as the lease makes of it.
            auto missing = std::min(in_pages(up_to(10)), round_down(outstanding, page_size));
            if (missing == 0) break;
            if (standing.available() < missing) {
              const auto want = missing - standing.available();
              space.refill(standing, want);
              leased += want;
              BOOST_REQUIRE_GE(standing.available(), missing);  // the promise
            }
            space.spent(missing);
            outstanding -= missing;
            leased -= missing;
            std::vector<extent> group;
            while (missing > 0) {
              auto piece = standing.carve(missing);
              if (!piece) piece = standing.carve_up_to(missing);
              missing -= piece->length;
              // Packed blocks that leave no page of the piece untouched.
              for (auto at = piece->offset; at < piece->end();) {
                const auto length = std::min(piece->end() - at, 1 + up_to(2 * page_size));
                group.push_back({at, length});
                at = round_up(at + length, limits::packing_unit);
              }
            }
            if (random() % 2 == 0)
              space.publish(group);
            else
              for (const auto& e : group) space.publish(e);
            live.insert(live.end(), group.begin(), group.end());
            break;
          }
          case 6:
          case 7:
            for (auto n = up_to(12); n > 0 && !live.empty(); --n) {
              std::swap(live[random() % live.size()], live.back());
              space.retire(live.back());
              live.pop_back();
            }
            break;
          case 8: {
            const auto available = space.stats().free_bytes + leased - outstanding;
            if (random() % 2 == 0) {
              const auto area = space.allocate_contiguous(in_pages(1), in_pages(8));
              if (area) {
                BOOST_REQUIRE_LE(area->length, available);
                areas.push_back(*area);
              }
            } else {
              const auto bytes = in_pages(1 + up_to(8));
              const auto pieces = space.allocate_scattered(bytes, in_pages(2));
              BOOST_REQUIRE_EQUAL(pieces.has_value(),
                                  bytes <= available && bytes <= available + outstanding - leased);
              if (pieces) {
                BOOST_REQUIRE_EQUAL(bytes_of(*pieces), bytes);
                areas.insert(areas.end(), pieces->begin(), pieces->end());
              }
            }
            break;
          }
          default:
            if (random() % 3 == 0 && !areas.empty()) {
              space.free_extent(areas.back());
              areas.pop_back();
            } else if (random() % 20 == 0) {
              leased -= standing.available();
              space.take_back(std::exchange(standing, lease{}));
            } else if (random() % 400 == 0) {
              space.grow(space.file_bytes() + in_pages(up_to(16)));
            }
            break;
        }

        // The books, from what this test holds itself.
        std::vector<std::uint64_t> live_pages;
        for (const auto& e : live)
          for (auto p = e.offset / page_size; p * page_size < e.end(); ++p) live_pages.push_back(p);
        std::sort(live_pages.begin(), live_pages.end());
        live_pages.erase(std::unique(live_pages.begin(), live_pages.end()), live_pages.end());
        const auto s = space.stats();
        BOOST_REQUIRE_EQUAL(s.leased, leased);
        BOOST_REQUIRE_EQUAL(s.leased, standing.available());
        BOOST_REQUIRE_EQUAL(s.outstanding, outstanding);
        BOOST_REQUIRE_EQUAL(s.in_flight, 0U);
        BOOST_REQUIRE_EQUAL(s.live, in_pages(live_pages.size()));
        BOOST_REQUIRE_EQUAL(s.fixed, head + bytes_of(areas));
        BOOST_REQUIRE_EQUAL(s.free_bytes + s.leased + s.fixed + s.live, s.file_bytes);
        BOOST_REQUIRE_GE(s.free_bytes + s.leased, s.outstanding);
        if (step % 100 == 0) {
          // No page is in two places.
          std::vector<extent> all{space.free_space().begin(), space.free_space().end()};
          BOOST_REQUIRE_EQUAL(bytes_of(all), s.free_bytes);
          all.insert(all.end(), areas.begin(), areas.end());
          for (const auto p : live_pages) all.push_back(pages(p, 1));
          auto held = standing.release();
          all.insert(all.end(), held.begin(), held.end());
          for (const auto& run : held) standing.add(run);
          BOOST_REQUIRE(check_disjoint(all).ok());
          BOOST_REQUIRE(check_disjoint(live).ok());

          // Whatever happens next, the promises can be kept: a copy refills them now.
          auto copy = space;
          lease extra;
          copy.refill(extra, s.outstanding - std::min(s.outstanding, s.leased));
          BOOST_REQUIRE_GE(extra.available() + s.leased, s.outstanding);
        }
      }
      // Both answers were exercised.
      BOOST_CHECK_GT(granted, 50U);
      BOOST_CHECK_GT(refused, 50U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_ceiling_sets_aside_what_lies_above) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_REQUIRE(space.claim_pages(pages(first + 70, 5)).ok());
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 40)));
  BOOST_CHECK(space.has_ceiling());
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(40));
  BOOST_CHECK_EQUAL(space.stats().set_aside, in_pages(55));
  // Nothing above is promised or leased.
  BOOST_CHECK(!space.grant(in_pages(41)));
  lease standing;
  space.refill(standing, in_pages(100));
  BOOST_CHECK_EQUAL(standing.available(), in_pages(40));
  for (const auto& run : standing.release()) {
    BOOST_CHECK_LE(run.end(), in_pages(first + 40));
    standing.add(run);
  }
  space.take_back(std::move(standing));
  // What becomes free above joins it.
  space.free_extent(pages(first + 70, 5));
  BOOST_CHECK_EQUAL(space.stats().set_aside, in_pages(60));
  // Areas and checkpoints go right above the values, promises or not.
  BOOST_REQUIRE(space.grant(in_pages(40)));
  BOOST_CHECK(space.allocate_contiguous(in_pages(3), in_pages(3)) == pages(first + 40, 3));
  space.give_back(in_pages(40));
  space.free_extent(pages(first + 40, 3));
  space.lift_ceiling();
  BOOST_CHECK(!space.has_ceiling());
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(100));
  BOOST_CHECK_EQUAL(space.stats().free_runs, 1U);
}

BOOST_AUTO_TEST_CASE(areas_stay_below_the_end_of_the_file_to_be) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK_THROW(space.set_file_end(head + in_pages(50)), invariant_violation);
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 40)));
  BOOST_CHECK_THROW(space.set_file_end(head + in_pages(30)), invariant_violation);
  space.set_file_end(in_pages(first + 45));
  BOOST_CHECK(space.allocate_contiguous(in_pages(2), in_pages(4)) == pages(first + 40, 4));
  // One page is left behind the values; what does not fit there comes out of what values may have.
  BOOST_CHECK(space.allocate_contiguous(in_pages(2), in_pages(2)) == pages(first, 2));
  BOOST_CHECK(space.allocate_contiguous(in_pages(1), in_pages(1)) == pages(first + 44, 1));
  BOOST_REQUIRE(space.grant(in_pages(38)));
  BOOST_CHECK(!space.allocate_contiguous(in_pages(1), in_pages(1)));
  BOOST_CHECK_EQUAL(space.stats().set_aside, in_pages(55));
}

BOOST_AUTO_TEST_CASE(runs_that_are_set_aside_are_counted_up_to_an_end) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK_EQUAL(space.runs_set_aside(in_pages(1), in_pages(first + 100)), 0U);
  BOOST_REQUIRE(space.claim_pages(pages(first + 55, 1)).ok());
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 40)));
  // 15 pages, and 44.
  BOOST_CHECK_EQUAL(space.runs_set_aside(in_pages(10), in_pages(first + 100)), 5U);
  BOOST_CHECK_EQUAL(space.runs_set_aside(in_pages(10), in_pages(first + 66)), 2U);
  BOOST_CHECK_EQUAL(space.runs_set_aside(in_pages(10), in_pages(first + 65)), 1U);
  BOOST_CHECK_EQUAL(space.runs_set_aside(in_pages(10), in_pages(first + 40)), 0U);
}

BOOST_AUTO_TEST_CASE(a_ceiling_leaves_room_beside_what_is_fixed) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK_EQUAL(space.ceiling_for(in_pages(10)), in_pages(first + 10));
  BOOST_REQUIRE(space.claim_pages(pages(first + 5, 3)).ok());
  BOOST_REQUIRE(space.claim_pages(pages(first + 12, 2)).ok());
  BOOST_REQUIRE(space.claim_pages(pages(first + 40, 2)).ok());
  // 10 pages, 3 that lie among them, and then 2 more.
  BOOST_CHECK_EQUAL(space.ceiling_for(in_pages(10)), in_pages(first + 15));
  BOOST_CHECK_EQUAL(space.ceiling_for(in_pages(5)), in_pages(first + 5));
}

BOOST_AUTO_TEST_CASE(a_run_across_the_ceiling_is_divided) {
  auto space = space_of(10);
  const auto first = head / page_size;
  lease standing;
  space.refill(standing, in_pages(10));
  // What was leased before may lie above, and comes back there.
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 4)));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 0U);
  space.take_back(std::move(standing));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(4));
  BOOST_CHECK_EQUAL(space.stats().set_aside, in_pages(6));
}

BOOST_AUTO_TEST_CASE(promises_keep_a_ceiling_away) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_REQUIRE(space.grant(in_pages(50)));
  BOOST_CHECK(!space.set_ceiling(in_pages(first + 49)));
  BOOST_CHECK(!space.has_ceiling());
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(100));
  // Leased pages are no help: they may lie above.
  lease standing;
  space.refill(standing, in_pages(20));
  BOOST_CHECK(!space.set_ceiling(in_pages(first + 60)));
  BOOST_CHECK(space.set_ceiling(in_pages(first + 70)));
  BOOST_CHECK_THROW((void)space.set_ceiling(in_pages(first + 80)), invariant_violation);
}

// A put that is accepted between a compaction's ceiling and the return of the writer's pages above it.
BOOST_AUTO_TEST_CASE(promises_that_count_on_leased_pages_above_lift_the_ceiling) {
  auto space = space_of(100);
  const auto first = head / page_size;
  lease below;
  space.refill(below, in_pages(30));
  lease above;
  space.refill(above, in_pages(40));
  space.take_back(std::move(below));
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 30)));
  BOOST_REQUIRE(space.grant(in_pages(70)));
  space.take_back(std::move(above));
  BOOST_CHECK(!space.has_ceiling());
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(100));
  BOOST_CHECK_EQUAL(space.stats().set_aside, 0U);
  lease all;
  space.refill(all, in_pages(70));
  BOOST_CHECK_EQUAL(all.available(), in_pages(70));
}

BOOST_AUTO_TEST_CASE(a_file_is_cut_once_nothing_lies_above) {
  auto space = space_of(100);
  const auto first = head / page_size;
  BOOST_CHECK_THROW((void)space.cut(), invariant_violation);
  BOOST_REQUIRE(space.claim_pages(pages(first + 70, 5)).ok());
  BOOST_REQUIRE(space.set_ceiling(in_pages(first + 40)));
  space.set_file_end(in_pages(first + 60));
  BOOST_CHECK(!space.cut());
  BOOST_CHECK(space.has_ceiling());
  BOOST_CHECK_EQUAL(space.file_bytes(), head + in_pages(100));
  space.free_extent(pages(first + 70, 5));
  const auto area = space.allocate_contiguous(in_pages(3), in_pages(3));
  BOOST_REQUIRE(area == pages(first + 40, 3));
  // Right behind what is used, not only at the end that was allowed.
  BOOST_CHECK(space.cut());
  BOOST_CHECK(!space.has_ceiling());
  BOOST_CHECK_EQUAL(space.file_bytes(), head + in_pages(43));
  space.free_extent(*area);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(43));
  BOOST_CHECK_LE(space.fresh_from(), space.file_bytes());
  // And may grow again.
  space.grow(head + in_pages(60));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(60));
}

BOOST_AUTO_TEST_CASE(growth_under_a_ceiling_is_set_aside) {
  auto space = space_of(10);
  BOOST_REQUIRE(space.set_ceiling(head + in_pages(5)));
  space.grow(head + in_pages(20));
  BOOST_CHECK_EQUAL(space.stats().set_aside, in_pages(15));
  BOOST_CHECK_EQUAL(space.stats().free_bytes, in_pages(5));
}

BOOST_AUTO_TEST_SUITE_END()
