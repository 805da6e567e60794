#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/space/space_reserve.hpp>

#include <vector>

using namespace stowage;

namespace {

constexpr std::uint64_t head = 128 * limits::kib;
constexpr auto area = limits::journal_area_bytes_min;
constexpr auto piece = limits::checkpoint_page_bytes;

constexpr std::uint64_t workspace = space_reserve::workspace_bytes;

space_map space_of(std::uint64_t bytes) { return space_map{head + bytes, head}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(space_reserve_suite)

BOOST_AUTO_TEST_CASE(holds_two_areas_and_a_checkpoint) {
  auto space = space_of(10 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(8 * piece);
  BOOST_CHECK(!reserve.is_full());
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK(reserve.is_full());
  // 8 pages, a ninth of them for the manifest, 2 for rounding.
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 2 * area + 11 * piece + workspace);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 10 * limits::mib - reserve.held_bytes());

  BOOST_CHECK_EQUAL(reserve.take_area().value().length, area);
  BOOST_CHECK_EQUAL(reserve.take_area().value().length, area);
  BOOST_CHECK(!reserve.take_area());
  for (int i = 0; i < 11; ++i) BOOST_CHECK_EQUAL(reserve.take_piece(piece).value().length, piece);
  BOOST_CHECK(!reserve.take_piece(1));
  BOOST_CHECK_EQUAL(reserve.held_bytes(), workspace);
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 2 * area + 11 * piece + workspace);
}

BOOST_AUTO_TEST_CASE(says_what_growth_must_bring) {
  auto space = space_of(area + piece);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  BOOST_CHECK_EQUAL(reserve.fill(space), area + piece + workspace);
  space.grow(space.file_bytes() + area + piece + workspace);
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 0U);
}

BOOST_AUTO_TEST_CASE(takes_no_promised_space) {
  auto space = space_of(4 * limits::mib);
  BOOST_REQUIRE(space.grant(4 * limits::mib));
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  BOOST_CHECK_EQUAL(reserve.fill(space), 2 * area + 2 * piece + workspace);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 0U);
  space.give_back(2 * limits::mib);
  BOOST_CHECK_EQUAL(reserve.fill(space), 2 * piece + workspace);
}

BOOST_AUTO_TEST_CASE(scattered_pages_are_no_reserve) {
  auto space = space_of(8 * limits::mib);
  for (std::uint64_t at = head; at < head + 8 * limits::mib; at += 2 * page_size)
    BOOST_REQUIRE(space.claim_pages({at, page_size}).ok());
  BOOST_REQUIRE_EQUAL(space.stats().free_bytes, 4 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  BOOST_CHECK_EQUAL(reserve.fill(space), 2 * area + 2 * piece);
  // Compaction takes single pages as well.
  BOOST_CHECK_EQUAL(reserve.held_bytes(), workspace);
  // The end of a longer file is one run.
  space.grow(space.file_bytes() + 2 * area + 2 * piece);
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
}

BOOST_AUTO_TEST_CASE(follows_an_index_that_grows_and_shrinks) {
  auto space = space_of(64 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  reserve.set_checkpoint_bytes(16 * limits::mib);
  BOOST_CHECK(!reserve.is_full());
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 2 * area + 18 * limits::mib + 2 * piece + workspace);
  reserve.set_checkpoint_bytes(0);
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 2 * area + 2 * piece + workspace);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, 64 * limits::mib - reserve.held_bytes());
}

BOOST_AUTO_TEST_CASE(what_shorter_pages_leave_is_no_reserve) {
  auto space = space_of(64 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(8 * piece);
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  for (int i = 0; i < 60; ++i) {
    // Something lies between the pieces, so that what is left of one does not join the next.
    BOOST_REQUIRE(space.allocate_contiguous(page_size, page_size));
    BOOST_REQUIRE(reserve.take_piece(piece / 2 + page_size));
    BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  }
  for (int i = 0; i < 11; ++i) BOOST_CHECK_EQUAL(reserve.take_piece(piece).value().length, piece);
}

BOOST_AUTO_TEST_CASE(a_reserve_that_grew_in_steps_has_a_run_for_the_manifest) {
  auto space = space_of(256 * limits::mib);
  space_reserve reserve;
  for (std::uint64_t pages = 0; pages <= 1024; pages += 4) {
    reserve.set_checkpoint_bytes(pages * piece);
    BOOST_REQUIRE(space.allocate_contiguous(page_size, page_size));
    BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  }
  BOOST_CHECK_EQUAL(reserve.take_piece(128 * piece).value().length, 128 * piece);
}

BOOST_AUTO_TEST_CASE(an_absurd_checkpoint_does_not_wrap) {
  auto space = space_of(4 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(UINT64_MAX);
  BOOST_CHECK_GT(reserve.fill(space), limits::file_bytes_max);
}

BOOST_AUTO_TEST_CASE(lends_compaction_the_last_pages) {
  auto space = space_of(2 * area + 2 * piece + workspace);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  BOOST_REQUIRE_EQUAL(space.stats().free_bytes, 0U);
  reserve.lend_workspace(space);
  BOOST_CHECK_EQUAL(space.stats().free_bytes, workspace);
  BOOST_CHECK(!reserve.is_full());
  BOOST_CHECK(space.grant(workspace));
  BOOST_CHECK_EQUAL(reserve.fill(space), workspace);
  space.give_back(workspace);
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
}

BOOST_AUTO_TEST_CASE(gives_everything_back_and_takes_it_above_the_values) {
  auto space = space_of(16 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(0);
  // The low half is used, so the reserve lies in the high one.
  BOOST_REQUIRE(space.claim_pages({head, 8 * limits::mib}).ok());
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  space.free_extent({head, 8 * limits::mib});
  reserve.give_back(space);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), 0U);
  BOOST_REQUIRE(space.set_ceiling(head + 8 * limits::mib));
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(space.stats().set_aside, 8 * limits::mib - 2 * area - 2 * piece);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), space_reserve::target_bytes(0));
}

BOOST_AUTO_TEST_CASE(a_little_too_much_is_kept) {
  auto space = space_of(10 * limits::mib);
  space_reserve reserve;
  reserve.set_checkpoint_bytes(24 * piece);
  BOOST_REQUIRE_EQUAL(reserve.fill(space), 0U);
  const auto held = reserve.held_bytes();
  reserve.set_checkpoint_bytes(16 * piece);
  BOOST_CHECK_EQUAL(reserve.fill(space), 0U);
  BOOST_CHECK_EQUAL(reserve.held_bytes(), held);
}

BOOST_AUTO_TEST_SUITE_END()
