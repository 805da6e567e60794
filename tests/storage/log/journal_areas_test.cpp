#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/log/journal_areas.hpp>

#include <cstdint>
#include <vector>

using namespace stowage;
using limits::gib;
using limits::kib;
using limits::mib;

namespace {

constexpr area_ref area(std::uint64_t number, std::uint64_t bytes = mib) {
  return {{number * 64 * mib, bytes}, 1000 + number};
}

// At the start of area 1, with area 2 announced.
journal_areas fresh(std::uint64_t next_bytes = mib) {
  journal_position at;
  at.last = lsn{10};
  at.area = area(1);
  at.offset = at.area.where.offset;
  at.next = area(2, next_bytes);
  return {at, {area(1)}};
}

void put_record(journal_areas& areas, std::uint64_t bytes, const area_ref& spare = {}) {
  areas.place(bytes, spare);
  areas.record_placed(areas.position().last.next(), {areas.position().last.value, 7}, bytes);
}

void check_demand(const journal_areas& areas, std::uint64_t bytes, bool spare,
                  std::uint64_t larger) {
  BOOST_TEST_CONTEXT("a record of " << bytes << " bytes") {
    const auto demand = areas.demand_for(bytes);
    BOOST_CHECK_EQUAL(demand.spare, spare);
    BOOST_CHECK_EQUAL(demand.larger_bytes, larger);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_areas_suite)

BOOST_AUTO_TEST_CASE(it_goes_on_in_its_last_area_and_knows_the_next) {
  journal_position at;
  at.area = area(1);
  at.next = area(2);
  BOOST_CHECK_NO_THROW(journal_areas(at, {area(3), area(1)}));
  BOOST_CHECK_THROW(journal_areas(at, {}), invariant_violation);
  BOOST_CHECK_THROW(journal_areas(at, {area(1), area(3)}), invariant_violation);
  at.next = {};
  BOOST_CHECK_THROW(journal_areas(at, {area(1)}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(records_follow_each_other) {
  auto areas = fresh();
  const auto start = area(1).where.offset;
  for (std::uint64_t i = 0; i < 3; ++i) {
    areas.place(8 * kib, {});
    BOOST_CHECK_EQUAL(areas.position().offset, start + i * 8 * kib);
    areas.record_placed(lsn{11 + i}, {i, i}, 8 * kib);
    BOOST_CHECK(areas.position().last == lsn{11 + i});
    BOOST_CHECK(areas.position().previous == (hash128{i, i}));
    BOOST_CHECK(areas.position().area == area(1));
    BOOST_CHECK(areas.position().next == area(2));
  }
  BOOST_CHECK_EQUAL(areas.position().offset, start + 24 * kib);
}

BOOST_AUTO_TEST_CASE(a_spare_is_left_alone_where_the_area_is_not_left) {
  auto areas = fresh();
  put_record(areas, 4 * kib, area(3));
  BOOST_CHECK(areas.position().next == area(2));
}

BOOST_AUTO_TEST_CASE(the_last_page_of_an_area_is_kept) {
  auto areas = fresh();
  check_demand(areas, mib - page_size, false, 0);
  check_demand(areas, mib, true, mib + page_size);
  put_record(areas, mib - 3 * page_size);
  check_demand(areas, page_size, false, 0);
  check_demand(areas, 2 * page_size, false, 0);
  check_demand(areas, 3 * page_size, true, 0);
  put_record(areas, 2 * page_size);
  BOOST_CHECK_EQUAL(areas.position().offset, area(1).where.end() - page_size);
  BOOST_CHECK(areas.has_seal_page());
  check_demand(areas, page_size, true, 0);
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_fit_enters_the_next_area) {
  auto areas = fresh();
  put_record(areas, mib / 2);
  check_demand(areas, mib / 2, true, 0);
  areas.place(mib / 2, area(3));
  BOOST_CHECK(areas.position().area == area(2));
  BOOST_CHECK_EQUAL(areas.position().offset, area(2).where.offset);
  BOOST_CHECK(areas.position().next == area(3));
  // Entered, not yet written: the record before it is the same.
  BOOST_CHECK(areas.position().last == lsn{11});
  areas.record_placed(lsn{12}, {1, 2}, mib / 2);
  BOOST_CHECK_EQUAL(areas.position().offset, area(2).where.offset + mib / 2);
  BOOST_CHECK_EQUAL(areas.area_bytes(), 3 * mib);
}

BOOST_AUTO_TEST_CASE(an_area_is_entered_only_with_another_to_announce) {
  auto areas = fresh();
  put_record(areas, mib / 2);
  BOOST_CHECK_THROW(areas.place(mib / 2, {}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_record_too_large_for_the_next_area_needs_a_larger_one) {
  auto areas = fresh();
  put_record(areas, 8 * kib);
  check_demand(areas, mib - page_size, true, 0);
  check_demand(areas, mib, true, mib + page_size);
  check_demand(areas, 16 * mib, true, 16 * mib + page_size);
  BOOST_CHECK_THROW(areas.place(mib, area(3)), invariant_violation);

  BOOST_CHECK(areas.announce_larger(area(4, 2 * mib)) == area(2));
  BOOST_CHECK(areas.position().next == area(4, 2 * mib));
  BOOST_CHECK(areas.position().area == area(1));
  BOOST_CHECK_EQUAL(areas.position().offset, area(1).where.offset + 8 * kib);
  areas.record_placed(lsn{12}, {}, page_size);  // the SEAL
  check_demand(areas, 2 * mib - page_size, true, 0);
  put_record(areas, 2 * mib - page_size, area(3));
  BOOST_CHECK(areas.position().area == area(4, 2 * mib));
  BOOST_CHECK_EQUAL(areas.position().offset, area(4).where.offset + 2 * mib - page_size);
  // Left with the page that is kept.
  check_demand(areas, page_size, true, 0);
}

BOOST_AUTO_TEST_CASE(a_seal_may_take_the_kept_page_once) {
  auto areas = fresh();
  put_record(areas, mib - page_size);
  BOOST_CHECK(areas.has_seal_page());
  (void)areas.announce_larger(area(3, 4 * mib));
  areas.record_placed(lsn{12}, {}, page_size);
  BOOST_CHECK_EQUAL(areas.position().offset, area(1).where.end());
  BOOST_CHECK(!areas.has_seal_page());
  BOOST_CHECK_THROW((void)areas.announce_larger(area(4, 8 * mib)), invariant_violation);
  check_demand(areas, page_size, true, 0);
  put_record(areas, 3 * mib, area(5));
  BOOST_CHECK(areas.position().area == area(3, 4 * mib));
  BOOST_CHECK(areas.has_seal_page());
}

BOOST_AUTO_TEST_CASE(records_are_numbered_and_end_inside_their_area) {
  auto areas = fresh();
  BOOST_CHECK_THROW(areas.record_placed(lsn{10}, {}, page_size), invariant_violation);
  BOOST_CHECK_THROW(areas.record_placed(lsn{12}, {}, page_size), invariant_violation);
  auto full = fresh();
  BOOST_CHECK_THROW(full.record_placed(lsn{11}, {}, mib + page_size), invariant_violation);
}

BOOST_AUTO_TEST_CASE(areas_before_a_root_are_released_in_order) {
  auto areas = fresh();
  put_record(areas, mib - page_size);
  for (std::uint64_t next = 3; next <= 6; ++next) put_record(areas, mib - page_size, area(next));
  BOOST_CHECK(areas.position().area == area(5));
  BOOST_CHECK(areas.position().next == area(6));
  BOOST_CHECK_EQUAL(areas.area_bytes(), 6 * mib);
  BOOST_CHECK(areas.release_before(area(1)).empty());
  BOOST_CHECK((areas.release_before(area(3)) == std::vector{area(1), area(2)}));
  BOOST_CHECK_EQUAL(areas.area_bytes(), 4 * mib);
  BOOST_CHECK_THROW((void)areas.release_before(area(1)), invariant_violation);
  BOOST_CHECK_THROW((void)areas.release_before(area(6)), invariant_violation);
  // The one written to is never released.
  BOOST_CHECK((areas.release_before(area(5)) == std::vector{area(3), area(4)}));
  BOOST_CHECK_EQUAL(areas.area_bytes(), 2 * mib);
  BOOST_CHECK(areas.release_before(area(5)).empty());
}

BOOST_AUTO_TEST_CASE(areas_grow_with_the_file) {
  BOOST_CHECK_EQUAL(journal_area_bytes_for(0), mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(1), mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(64 * mib), mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(128 * mib - 1), mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(128 * mib), 2 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(192 * mib), 2 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(2 * gib - 1), 16 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(2 * gib), 32 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(4 * gib), 32 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(limits::file_bytes_max), 32 * mib);
  BOOST_CHECK_EQUAL(journal_area_bytes_for(UINT64_MAX), 32 * mib);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_due_beyond_8_mib_and_half_the_last_one) {
  BOOST_CHECK(!is_checkpoint_due(0, {0, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(!is_checkpoint_due(8 * mib, {0, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(is_checkpoint_due(8 * mib + 1, {0, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(is_checkpoint_due(8 * mib + 1, {16 * mib, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(!is_checkpoint_due(8 * mib + 1, {16 * mib + 2, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(!is_checkpoint_due(50 * mib, {100 * mib, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(is_checkpoint_due(50 * mib + 1, {100 * mib, UINT64_MAX}, write_load::usual));
  BOOST_CHECK(!is_checkpoint_due(UINT64_MAX / 2, {UINT64_MAX, UINT64_MAX}, write_load::usual));
}

BOOST_AUTO_TEST_CASE(in_a_bulk_load_beyond_64_mib_and_the_last_one) {
  BOOST_CHECK(!is_checkpoint_due(0, {UINT64_MAX, 0}, write_load::bulk));
  BOOST_CHECK(!is_checkpoint_due(64 * mib, {UINT64_MAX, 0}, write_load::bulk));
  BOOST_CHECK(is_checkpoint_due(64 * mib + 1, {UINT64_MAX, 0}, write_load::bulk));
  BOOST_CHECK(is_checkpoint_due(64 * mib + 1, {UINT64_MAX, 64 * mib}, write_load::bulk));
  BOOST_CHECK(!is_checkpoint_due(100 * mib, {UINT64_MAX, 100 * mib}, write_load::bulk));
  BOOST_CHECK(is_checkpoint_due(100 * mib + 1, {UINT64_MAX, 100 * mib}, write_load::bulk));
  BOOST_CHECK(!is_checkpoint_due(UINT64_MAX, {UINT64_MAX, UINT64_MAX}, write_load::bulk));
}

BOOST_AUTO_TEST_CASE(an_area_can_be_left_before_it_is_full) {
  auto areas = fresh();
  put_record(areas, 4 * kib);
  BOOST_CHECK(!areas.is_leaving());
  areas.leave(false);
  BOOST_CHECK(areas.is_leaving());
  check_demand(areas, 4 * kib, true, 0);
  put_record(areas, 4 * kib, area(3));
  BOOST_CHECK(areas.position().area == area(2));
  BOOST_CHECK_EQUAL(areas.position().offset, area(2).where.offset + 4 * kib);
  BOOST_CHECK(areas.position().next == area(3));
  BOOST_CHECK(!areas.is_leaving());
  check_demand(areas, 4 * kib, false, 0);
}

BOOST_AUTO_TEST_CASE(the_announced_area_can_be_passed_over) {
  auto areas = fresh();
  put_record(areas, 4 * kib);
  areas.leave(true);
  // A journal area has 1 MiB at least, however small the record.
  check_demand(areas, 4 * kib, true, mib);
  check_demand(areas, 2 * mib, true, 2 * mib + 4 * kib);
  BOOST_CHECK(areas.announce_larger(area(5)) == area(2));
  // The SEAL stays here, the record behind it goes there.
  areas.record_placed(lsn{12}, {12, 7}, 4 * kib);
  BOOST_CHECK(areas.is_leaving());
  check_demand(areas, 4 * kib, true, 0);
  put_record(areas, 4 * kib, area(6));
  BOOST_CHECK(areas.position().area == area(5));
  BOOST_CHECK(areas.position().next == area(6));
  BOOST_CHECK(!areas.is_leaving());
}

BOOST_AUTO_TEST_CASE(without_a_page_for_a_seal_the_announced_area_is_passed_through) {
  auto areas = fresh();
  put_record(areas, mib - 4 * kib);
  areas.record_placed(lsn{12}, {12, 7}, 4 * kib);  // a SEAL in the last page
  BOOST_REQUIRE(!areas.has_seal_page());
  areas.leave(true);
  put_record(areas, 4 * kib,
             area(5));  // a SEAL that enters the announced area and announces another
  BOOST_CHECK(areas.position().area == area(2));
  BOOST_CHECK(areas.is_leaving());
  put_record(areas, 4 * kib, area(6));
  BOOST_CHECK(areas.position().area == area(5));
  BOOST_CHECK(!areas.is_leaving());
  BOOST_CHECK_EQUAL(areas.release_before(area(5)).size(), 2U);
}

BOOST_AUTO_TEST_SUITE_END()
