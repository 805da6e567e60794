#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/index/expiry_order.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <cstdint>
#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

block_ref block_of(std::string name, std::uint64_t ver, std::uint64_t expires_at_ms) {
  auto o = put_of(std::move(name), ver);
  o.expires_at_ms = expires_at_ms;
  return block::make(o.get(), 0);
}

std::string expired(const expiry_order& order, std::uint64_t now_ms, std::size_t most = SIZE_MAX) {
  std::string text;
  order.for_each_expired(now_ms, [&](const block& b) {
    text += std::string{b.name()} + "@" + std::to_string(b.ver().value) + " ";
    return --most > 0;
  });
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expiry_order_suite)

BOOST_AUTO_TEST_CASE(the_next_one_comes_first) {
  expiry_order order;
  order.add(block_of("c", 1, 300));
  order.add(block_of("a", 2, 100));
  order.add(block_of("b", 4, 200));
  order.add(block_of("d", 3, 200));
  BOOST_CHECK_EQUAL(order.size(), 4U);
  BOOST_CHECK_EQUAL(order.next_ms(), 100U);
  BOOST_CHECK_EQUAL(expired(order, 99), "");
  BOOST_CHECK_EQUAL(expired(order, 100), "a@2 ");
  BOOST_CHECK_EQUAL(expired(order, 299), "a@2 d@3 b@4 ");
  BOOST_CHECK_EQUAL(expired(order, UINT64_MAX), "a@2 d@3 b@4 c@1 ");
  BOOST_CHECK_EQUAL(expired(order, UINT64_MAX, 2), "a@2 d@3 ");
}

BOOST_AUTO_TEST_CASE(what_never_expires_costs_nothing) {
  const auto forever = block_of("a", 1, 0);
  const auto before = live_allocations();
  expiry_order order;
  order.add(forever);
  BOOST_CHECK(order.empty());
  BOOST_CHECK_EQUAL(live_allocations(), before);
  order.remove(forever);
  BOOST_CHECK_EQUAL(expired(order, UINT64_MAX), "");
  BOOST_CHECK_THROW((void)order.next_ms(), invariant_violation);
}

BOOST_AUTO_TEST_CASE(one_that_is_removed_leaves_the_others) {
  expiry_order order;
  const auto first = block_of("a", 1, 100);
  const auto second = block_of("a", 2, 100);
  order.add(first);
  order.add(second);
  // What is not in it: another version, another time.
  order.remove(block_of("a", 3, 100));
  order.remove(block_of("a", 1, 101));
  BOOST_CHECK_EQUAL(order.size(), 2U);
  order.remove(first);
  BOOST_CHECK_EQUAL(expired(order, 100), "a@2 ");
  order.remove(first);
  BOOST_CHECK_EQUAL(order.size(), 1U);
  order.clear();
  BOOST_CHECK(order.empty());
}

BOOST_AUTO_TEST_CASE(nothing_that_left_is_kept_in_memory) {
  const auto before = live_allocations();
  {
    expiry_order order;
    for (std::uint64_t i = 1; i <= 100; ++i) order.add(block_of(std::to_string(i), i, 1000 - i));
    const auto full = live_allocations();
    for (std::uint64_t i = 1; i <= 100; ++i) order.remove(block_of(std::to_string(i), i, 1000 - i));
    BOOST_CHECK(order.empty());
    BOOST_CHECK(live_allocations() <= full - 200);
  }
  BOOST_CHECK_EQUAL(live_allocations(), before);
}

BOOST_AUTO_TEST_SUITE_END()
