#include <boost/test/unit_test.hpp>

#include <stowage/storage/index/block.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// The memory of an index with millions of blocks.
static_assert(sizeof(block) == 40);
static_assert(sizeof(chunk) == 32);
static_assert(sizeof(block_ref) == sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<block_ref>);

namespace {

owned_op sample(std::string name, std::size_t chunks) {
  random_source random{chunks};
  auto o = put_of(std::move(name), 7, random_chunks(random, chunks));
  o.flags = 0x1234;
  o.expires_at_ms = 0x1234'5678'9abc;
  return o;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_suite)

BOOST_AUTO_TEST_CASE(a_block_repeats_its_op) {
  for (const std::size_t name_bytes : {0U, 1U, 2U, 3U, 7U, 8U, 9U, 1024U}) {
    for (const std::size_t chunks : {0U, 1U, 2U, 16U}) {
      BOOST_TEST_CONTEXT(name_bytes << " bytes of name, " << chunks << " chunks") {
        std::string name(name_bytes, '\0');
        for (std::size_t i = 0; i < name.size(); ++i) name[i] = static_cast<char>(i * 7);
        const auto o = sample(name, chunks);
        const auto b = block::make(o.get(), 99);
        BOOST_CHECK(b->name() == name);
        BOOST_CHECK(b->ver() == version{7});
        BOOST_CHECK_EQUAL(b->flags(), 0x1234U);
        BOOST_CHECK_EQUAL(b->expires_at_ms(), 0x1234'5678'9abcU);
        BOOST_CHECK_EQUAL(b->value_length(), o.value_length());
        BOOST_CHECK_EQUAL(b->published(), 99U);
        BOOST_CHECK(std::ranges::equal(b->chunks(), o.chunks));
        const auto again = b->as_op();
        BOOST_CHECK(again.kind == op_kind::put);
        BOOST_CHECK_EQUAL(again.flags, o.flags);
        BOOST_CHECK(again.name == o.name);
        BOOST_CHECK(again.ver == o.ver);
        BOOST_CHECK_EQUAL(again.expires_at_ms, o.expires_at_ms);
        BOOST_CHECK_EQUAL(again.value_length, o.value_length());
        BOOST_CHECK(std::ranges::equal(again.chunks, o.chunks));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(chunks_are_aligned_and_the_name_follows_them) {
  const auto b = block::make(sample("odd", 3).get(), 0);
  const auto* start = reinterpret_cast<const std::byte*>(&*b);
  const auto* chunks = reinterpret_cast<const std::byte*>(b->chunks().data());
  const auto* name = reinterpret_cast<const std::byte*>(b->name().data());
  BOOST_CHECK_EQUAL(reinterpret_cast<std::uintptr_t>(chunks) % alignof(chunk), 0U);
  BOOST_CHECK_EQUAL(chunks - start, 40);
  BOOST_CHECK_EQUAL(name - start, 40 + 3 * 32);
}

BOOST_AUTO_TEST_CASE(the_largest_value_in_the_most_chunks_fits) {
  auto o = put_of("big", 1);
  for (std::uint64_t i = 0; i < limits::chunks_per_block_max; ++i)
    o.chunks.push_back({{layout::data_start + 2 * i * page_size, page_size}, {i, i}});
  const auto b = block::make(o.get(), 0);
  BOOST_CHECK_EQUAL(b->value_length(), limits::value_bytes_max);
  BOOST_CHECK(std::ranges::equal(b->chunks(), o.chunks));
}

BOOST_AUTO_TEST_CASE(a_relocation_makes_a_put) {
  auto o = sample("moved", 1);
  o.kind = op_kind::relocate;
  BOOST_CHECK(block::make(o.get(), 0)->as_op().kind == op_kind::put);
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_block_is_not_that_block) {
  const auto o = sample("twin", 1);
  const auto one = block::make(o.get(), 0);
  const auto other = block::make(o.get(), 0);
  const auto again = one;
  BOOST_CHECK(one == again);
  BOOST_CHECK(one != other);
  BOOST_CHECK(one != block_ref{});
  BOOST_CHECK(block_ref{} == block_ref{});
}

BOOST_AUTO_TEST_CASE(a_block_is_one_allocation_and_goes_with_its_last_owner) {
  const auto o = sample("name", 2);
  const auto before = live_allocations();
  {
    auto first = block::make(o.get(), 0);
    BOOST_CHECK_EQUAL(live_allocations() - before, 1);
    auto second = first;
    const auto* bytes = &*first;
    BOOST_CHECK(&*second == bytes);
    auto third = std::move(first);
    BOOST_CHECK(&*third == bytes);
    first = block_ref{};
    second = block_ref{};
    BOOST_CHECK_EQUAL(live_allocations() - before, 1);
    BOOST_CHECK(third->name() == "name");
    // To itself: neither lost nor leaked.
    const auto& same = third;
    third = same;
    BOOST_CHECK_EQUAL(live_allocations() - before, 1);
    BOOST_CHECK(third->name() == "name");
    third = block::make(o.get(), 1);
    BOOST_CHECK_EQUAL(live_allocations() - before, 1);
    BOOST_CHECK_EQUAL(third->published(), 1U);
  }
  BOOST_CHECK_EQUAL(live_allocations() - before, 0);
}

BOOST_AUTO_TEST_CASE(no_block_is_false) {
  block_ref none;
  BOOST_CHECK(!none);
  auto copy = none;
  BOOST_CHECK(!copy);
  copy = block::make(sample("n", 0).get(), 0);
  BOOST_CHECK(copy);
  BOOST_CHECK(!none);
}

BOOST_AUTO_TEST_CASE(refs_may_be_copied_and_dropped_on_all_threads) {
  const auto o = sample("shared", 1);
  const auto before = live_allocations();
  {
    auto shared = block::make(o.get(), 0);
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([mine = shared] {
        for (int i = 0; i < 20'000; ++i) {
          auto copy = mine;
          auto other = copy;
          copy = block_ref{};
        }
      });
    }
    shared = block_ref{};
    for (auto& t : threads) t.join();
  }
  BOOST_CHECK_EQUAL(live_allocations() - before, 0);
}

BOOST_AUTO_TEST_SUITE_END()
