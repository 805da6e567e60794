#include <stowage/storage/core/page_pool.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

/// What is smaller is not kept.
constexpr std::size_t unit = std::size_t{256} << 10U;

void fill(page_buffer& buffer, std::byte with) { std::ranges::fill(buffer.bytes(), with); }

}  // namespace

BOOST_AUTO_TEST_SUITE(page_pool_suite)

BOOST_AUTO_TEST_CASE(the_memory_of_a_large_buffer_is_used_again) {
  const page_pool pool{4 * unit};
  const std::byte* address = nullptr;
  {
    auto first = pool.take(unit + 1);
    BOOST_TEST(first.size() == unit + 1);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(first.bytes().data()) % page_buffer::alignment ==
               0U);
    address = first.bytes().data();
    fill(first, std::byte{7});
    BOOST_TEST(pool.waiting_bytes() == 0U);
  }
  BOOST_TEST(pool.waiting_bytes() == 2 * unit);
  const auto second = pool.take(2 * unit);
  BOOST_TEST(second.bytes().data() == address);
  BOOST_TEST(second.size() == 2 * unit);
  BOOST_TEST(pool.waiting_bytes() == 0U);
  // Nobody paid for clearing it.
  BOOST_TEST((second.bytes()[unit] == std::byte{7}));
}

BOOST_AUTO_TEST_CASE(a_small_buffer_is_of_the_heap_and_zero) {
  const page_pool pool{4 * unit};
  for (int i = 0; i < 3; ++i) {
    auto buffer = pool.take(unit - 1);
    BOOST_TEST(std::ranges::all_of(buffer.bytes(), [](std::byte b) { return b == std::byte{}; }));
    fill(buffer, std::byte{7});
  }
  BOOST_TEST(pool.waiting_bytes() == 0U);
  BOOST_TEST(pool.take(0).bytes().empty());
}

BOOST_AUTO_TEST_CASE(the_smallest_that_is_large_enough_is_taken) {
  const page_pool pool{16 * unit};
  const std::byte* of_two = nullptr;
  {
    const auto four = pool.take(4 * unit);
    const auto two = pool.take(2 * unit);
    const auto one = pool.take(unit);
    of_two = two.bytes().data();
  }
  BOOST_TEST(pool.waiting_bytes() == 7 * unit);
  const auto fits = pool.take(unit + 1);
  BOOST_TEST(fits.bytes().data() == of_two);
  BOOST_TEST(pool.waiting_bytes() == 5 * unit);
  // None waits that is so large, and those that wait are far too large for this one.
  const auto five = pool.take(5 * unit);
  BOOST_TEST(pool.waiting_bytes() == 5 * unit);
  const auto one = pool.take(unit);
  BOOST_TEST(pool.waiting_bytes() == 4 * unit);
  const auto another = pool.take(unit);
  BOOST_TEST(pool.waiting_bytes() == 4 * unit);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded_and_goes_when_told) {
  const page_pool pool{3 * unit};
  {
    const auto two = pool.take(2 * unit);
    const auto another_two = pool.take(2 * unit);
  }
  BOOST_TEST(pool.waiting_bytes() == 2 * unit);
  { const auto larger_than_all = pool.take(4 * unit); }
  BOOST_TEST(pool.waiting_bytes() == 2 * unit);
  pool.let_go();
  BOOST_TEST(pool.waiting_bytes() == 0U);
  pool.let_go();
}

BOOST_AUTO_TEST_CASE(buffers_outlive_their_pool_and_go_on_any_thread) {
  std::vector<shared_bytes> shared;
  {
    const page_pool pool{8 * unit};
    for (int i = 0; i < 4; ++i) {
      auto buffer = pool.take(unit);
      fill(buffer, static_cast<std::byte>(i));
      shared.push_back(page_buffer::share(std::move(buffer)));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([mine = std::move(shared.back()), &pool]() mutable {
        mine = {};
        for (int n = 0; n < 200; ++n) (void)pool.take(unit);
      });
      shared.pop_back();
    }
    for (auto& t : threads) t.join();
    BOOST_TEST(pool.waiting_bytes() >= unit);
    BOOST_TEST(pool.waiting_bytes() <= 4 * unit);
  }
  BOOST_TEST((shared[1].view()[unit - 1] == std::byte{1}));
  shared.clear();
}

BOOST_AUTO_TEST_SUITE_END()
