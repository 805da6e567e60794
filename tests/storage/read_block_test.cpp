#include <stowage/storage/read_block.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t seed = 5;
const std::string value = pattern(9000);

/// "b" in three chunks that lie apart: 4096 bytes at 1000, 4096 at 20,000, 808 at 10,000.
const std::vector<extent> places{{1000, 4096}, {20'000, 4096}, {10'000, 808}};

block_ref three_chunks() {
  std::vector<chunk> chunks;
  std::size_t at = 0;
  for (const auto& where : places) {
    chunks.push_back(
        {where, checksum(as_bytes(std::string_view{value}.substr(at, where.length)), seed)});
    at += where.length;
  }
  return block::make({op_kind::put, 0, "b", version{1}, 0, value.size(), chunks}, 0);
}

std::unique_ptr<memory_device> filled(std::uint64_t bytes = 30'000) {
  auto device = std::make_unique<memory_device>(std::vector<std::byte>(30'000));
  std::size_t at = 0;
  for (const auto& where : places) {
    BOOST_REQUIRE(
        write_text(*device, where.offset, std::string_view{value}.substr(at, where.length)).ok());
    at += where.length;
  }
  BOOST_REQUIRE(device->resize(bytes).ok());
  return device;
}

faulty_device faulty(fault_plan plan) { return {filled(), std::move(plan)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_blocks)

BOOST_AUTO_TEST_CASE(ranges_inside_and_across_chunks) {
  const auto device = filled();
  const auto b = three_chunks();
  for (const std::uint64_t offset : {0U, 1U, 4095U, 4096U, 4097U, 8191U, 8192U, 8999U})
    for (const std::uint64_t length : {1U, 2U, 808U, 4096U, 4097U, 9000U}) {
      const auto got = read_block(*device, *b, seed, offset, length);
      BOOST_REQUIRE(got.ok());
      BOOST_TEST(got->text() == std::string_view{value}.substr(offset, length));
    }
}

BOOST_AUTO_TEST_CASE(what_lies_beyond_the_value_is_empty) {
  const auto device = filled();
  const auto b = three_chunks();
  for (const std::uint64_t offset : {9000U, 9001U, 1'000'000U})
    BOOST_TEST(read_block(*device, *b, seed, offset, 10)->empty());
  BOOST_TEST(read_block(*device, *b, seed, 17, 0)->empty());
  const auto empty = block::make({op_kind::put, 0, "e", version{1}, 0, 0, {}}, 0);
  BOOST_TEST(read_block(*device, *empty, seed, 0, 10)->empty());
}

BOOST_AUTO_TEST_CASE(only_the_chunks_of_the_range_are_read) {
  // The third chunk has rotted.
  auto device = faulty({.rotten_bytes = {10'400}});
  const auto b = three_chunks();
  BOOST_TEST(read_block(device, *b, seed, 0, 8192)->text() == value.substr(0, 8192));
  const auto got = read_block(device, *b, seed, 0, 8193);
  BOOST_TEST(code_of(got) == errc::corrupt_block);
  BOOST_TEST(got.error().name == "b");
  BOOST_TEST(got.error().offset.value() == 10'000U);
}

BOOST_AUTO_TEST_CASE(a_mismatch_is_read_once_more_past_the_cache) {
  // The first read shows a flipped bit, the second does not.
  auto device = faulty({.flipped_reads = {1}});
  BOOST_TEST(read_block(device, *three_chunks(), seed, 0, 9000)->text() == value);
  auto twice = faulty({.flipped_reads = {1, 2}});
  const auto got = read_block(twice, *three_chunks(), seed, 0, 9000);
  BOOST_TEST(code_of(got) == errc::corrupt_block);
  BOOST_TEST(got.error().offset.value() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_device_that_ends_inside_a_chunk_is_a_corrupt_block) {
  const auto device = filled(20'100);
  const auto b = three_chunks();
  BOOST_TEST(read_block(*device, *b, seed, 0, 4096).ok());
  const auto got = read_block(*device, *b, seed, 0, 9000);
  BOOST_TEST(code_of(got) == errc::corrupt_block);
  BOOST_TEST(got.error().offset.value() == 20'000U);
}

BOOST_AUTO_TEST_CASE(a_failed_read_names_the_block) {
  // The first read; and the second one of a chunk that did not match.
  for (const std::uint64_t nth : {1U, 2U}) {
    fault_plan plan;
    plan.script = {{device_call::read, nth, EIO, false}};
    plan.rotten_bytes = {1000};
    auto device = faulty(plan);
    const auto got = read_block(device, *three_chunks(), seed, 0, 1);
    BOOST_TEST(code_of(got) == errc::io_error);
    BOOST_TEST(got.error().name == "b");
    BOOST_TEST(got.error().os_error == EIO);
    BOOST_TEST(got.error().offset.value() == 1000U);
  }
}

BOOST_AUTO_TEST_CASE(a_value_longer_than_its_chunks_is_a_broken_invariant) {
  const auto device = filled();
  const std::vector<chunk> one{{places[0], {}}};
  const auto b = block::make({op_kind::put, 0, "b", version{1}, 0, 5000, one}, 0);
  BOOST_CHECK_THROW((void)read_block(*device, *b, seed, 0, 5000), invariant_violation);
  BOOST_CHECK_THROW((void)read_block(*device, *b, seed, 4500, 1), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
