#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

shared_bytes text(std::string s) { return shared_bytes{std::move(s)}; }

std::string joined(const device_write& w) {
  std::string all;
  for (const auto& b : w.buffers) all += b.text();
  return all;
}

void check_write(const device_write& w, std::uint64_t offset, const std::string& bytes) {
  BOOST_CHECK_EQUAL(w.offset, offset);
  BOOST_CHECK_EQUAL(w.length, bytes.size());
  BOOST_CHECK_EQUAL(w.end(), offset + bytes.size());
  BOOST_CHECK_EQUAL(joined(w), bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(write_plan_suite)

BOOST_AUTO_TEST_CASE(a_new_plan_is_empty) {
  write_plan plan;
  BOOST_CHECK(plan.empty());
  BOOST_CHECK_EQUAL(plan.bytes(), 0U);
  BOOST_CHECK(!plan.is_two_phase());
  plan.seal();
  BOOST_CHECK(plan.empty());
}

BOOST_AUTO_TEST_CASE(each_kind_of_write_goes_where_it_belongs) {
  write_plan plan;
  plan.add_value(100, text("value"));
  BOOST_CHECK(!plan.empty());
  plan.add_record(200, text("record"));
  plan.set_superblock(0, text("sb"));
  plan.sync_before_records();
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  BOOST_REQUIRE_EQUAL(plan.records().size(), 1U);
  BOOST_REQUIRE_EQUAL(plan.superblock().size(), 1U);
  check_write(plan.values()[0], 100, "value");
  check_write(plan.records()[0], 200, "record");
  check_write(plan.superblock()[0], 0, "sb");
  BOOST_CHECK(plan.is_two_phase());
  BOOST_CHECK_EQUAL(plan.bytes(), 13U);
  BOOST_CHECK(!plan.empty());
}

BOOST_AUTO_TEST_CASE(a_plan_of_one_kind_is_not_empty) {
  write_plan records;
  records.add_record(0, text("r"));
  BOOST_CHECK(!records.empty());
  write_plan superblock;
  superblock.set_superblock(0, text("s"));
  BOOST_CHECK(!superblock.empty());
}

BOOST_AUTO_TEST_CASE(values_ascend_and_those_that_touch_are_one_write) {
  write_plan plan;
  plan.add_value(30, text("dd"));
  plan.add_value(10, text("a"));
  plan.add_value(11, text("b"));
  plan.add_value(20, text("c"));
  plan.add_value(12, text("B"));
  plan.add_value(21, text(std::string(9, '-')));
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 2U);
  check_write(plan.values()[0], 10, "abB");
  check_write(plan.values()[1], 20, "c---------dd");
  BOOST_CHECK_EQUAL(plan.bytes(), 15U);
}

BOOST_AUTO_TEST_CASE(buffers_are_shared_and_not_copied) {
  const auto value = text("value");
  write_plan plan;
  plan.add_value(5, text("x"));
  plan.add_value(0, value);
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  BOOST_CHECK(plan.values()[0].buffers[0].data() == value.data());
}

BOOST_AUTO_TEST_CASE(nothing_is_not_written) {
  write_plan plan;
  plan.add_value(10, {});
  plan.add_record(20, {});
  plan.set_superblock(0, {});
  BOOST_CHECK(plan.empty());
}

BOOST_AUTO_TEST_CASE(records_keep_their_order) {
  write_plan plan;
  plan.add_record(100, text("second area"));
  plan.add_record(10, text("a"));
  plan.add_record(11, text("b"));
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.records().size(), 2U);
  check_write(plan.records()[0], 100, "second area");
  check_write(plan.records()[1], 10, "ab");
}

BOOST_AUTO_TEST_CASE(pages_are_prepared_with_zeros) {
  write_plan plan;
  plan.prepare({});
  BOOST_CHECK(plan.empty());
  plan.prepare({page_size, 40 * page_size});
  plan.seal();
  BOOST_CHECK(!plan.empty());
  BOOST_CHECK(plan.values().empty());
  BOOST_CHECK_EQUAL(plan.bytes(), 40 * page_size);
  BOOST_REQUIRE_EQUAL(plan.preparations().size(), 1U);
  BOOST_CHECK_EQUAL(plan.preparations()[0].offset, page_size);
  std::uint64_t bytes = 0;
  for (const auto& b : plan.preparations()[0].buffers) {
    bytes += b.size();
    BOOST_CHECK(std::ranges::all_of(b.view(), [](std::byte x) { return x == std::byte{0}; }));
  }
  BOOST_CHECK_EQUAL(bytes, 40 * page_size);

  write_plan touching;
  touching.add_value(page_size, text("value"));
  touching.prepare({page_size, page_size});
  BOOST_CHECK_THROW(touching.seal(), invariant_violation);
}

BOOST_AUTO_TEST_CASE(the_last_superblock_counts) {
  write_plan plan;
  plan.set_superblock(0, text("old"));
  plan.set_superblock(3, text("new"));
  BOOST_REQUIRE_EQUAL(plan.superblock().size(), 1U);
  check_write(plan.superblock()[0], 3, "new");
}

BOOST_AUTO_TEST_CASE(writes_that_overlap_are_a_broken_invariant) {
  const auto seal = [](const std::vector<std::pair<std::uint64_t, std::size_t>>& values) {
    write_plan plan;
    for (const auto& [offset, size] : values) plan.add_value(offset, text(std::string(size, 'v')));
    plan.seal();
  };
  BOOST_CHECK_THROW(seal({{10, 5}, {14, 1}}), invariant_violation);
  BOOST_CHECK_THROW(seal({{14, 1}, {10, 5}}), invariant_violation);
  BOOST_CHECK_THROW(seal({{10, 5}, {10, 5}}), invariant_violation);
  BOOST_CHECK_THROW(seal({{10, 100}, {20, 1}}), invariant_violation);
  BOOST_CHECK_THROW(seal({{10, 5}, {15, 5}, {12, 1}}), invariant_violation);
  BOOST_CHECK_NO_THROW(seal({{10, 5}, {15, 5}, {20, 1}}));
}

BOOST_AUTO_TEST_CASE(a_value_over_a_record_or_superblock_is_a_broken_invariant) {
  for (const std::uint64_t at : {96U, 100U, 103U}) {
    write_plan record;
    record.add_value(10, text("elsewhere"));
    record.add_value(100, text("vvvv"));
    record.add_record(at, text("rrrrr"));
    BOOST_CHECK_THROW(record.seal(), invariant_violation);
    write_plan superblock;
    superblock.add_value(100, text("vvvv"));
    superblock.set_superblock(at, text("sssss"));
    BOOST_CHECK_THROW(superblock.seal(), invariant_violation);
  }
  write_plan beside;
  beside.add_value(100, text("vvvv"));
  beside.add_value(109, text("v"));
  beside.add_record(104, text("rrrrr"));
  beside.set_superblock(95, text("sssss"));
  BOOST_CHECK_NO_THROW(beside.seal());
}

BOOST_AUTO_TEST_CASE(records_superblock_and_zeros_over_each_other_are_a_broken_invariant) {
  write_plan zeros_over_record;
  zeros_over_record.prepare({100, 10});
  zeros_over_record.add_record(109, text("rrrrr"));
  BOOST_CHECK_THROW(zeros_over_record.seal(), invariant_violation);
  write_plan superblock_over_record;
  superblock_over_record.add_record(100, text("rrrrr"));
  superblock_over_record.set_superblock(96, text("sssss"));
  BOOST_CHECK_THROW(superblock_over_record.seal(), invariant_violation);
  write_plan beside;
  beside.prepare({100, 10});
  beside.add_record(110, text("rrrrr"));
  beside.set_superblock(95, text("sssss"));
  BOOST_CHECK_NO_THROW(beside.seal());
}

BOOST_AUTO_TEST_CASE(a_sealed_plan_writes_what_was_added_in_any_order) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      std::string expected(1000, '.');
      std::vector<std::pair<std::uint64_t, std::string>> pieces;
      for (std::uint64_t at = 0; at < expected.size();) {
        const auto size = std::min<std::uint64_t>(1 + random() % 30, expected.size() - at);
        if (random() % 3 != 0) {
          std::string piece(size, '\0');
          for (auto& c : piece) c = static_cast<char>('a' + random() % 26);
          expected.replace(at, size, piece);
          pieces.emplace_back(at, std::move(piece));
        }
        at += size;
      }
      std::ranges::shuffle(pieces, random);
      write_plan plan;
      for (const auto& [at, piece] : pieces) plan.add_value(at, text(piece));
      plan.seal();
      std::string written(expected.size(), '.');
      std::uint64_t end = 0;
      for (const auto& w : plan.values()) {
        BOOST_CHECK(w.offset > end || (end == 0 && w.offset == 0));
        end = w.end();
        BOOST_CHECK_EQUAL(joined(w).size(), w.length);
        written.replace(w.offset, w.length, joined(w));
      }
      BOOST_CHECK_EQUAL(written, expected);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
