#include <boost/test/unit_test.hpp>

#include <stowage/actors/probe_table.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

bool any(std::uint32_t) { return true; }

}  // namespace

BOOST_AUTO_TEST_SUITE(probe_table_suite)

BOOST_AUTO_TEST_CASE(an_empty_one_finds_nothing_and_may_be_prefetched) {
  const probe_table t;
  t.prefetch(7);
  BOOST_CHECK_EQUAL(t.find(7, any), probe_table::none);
  BOOST_CHECK_EQUAL(t.size(), 0U);
}

BOOST_AUTO_TEST_CASE(the_caller_says_which_of_equal_hashes_is_meant) {
  probe_table t;
  for (std::uint32_t n = 0; n < 5; ++n) t.insert(42, n);
  for (std::uint32_t n = 0; n < 5; ++n)
    BOOST_CHECK_EQUAL(t.find(42, [n](std::uint32_t each) { return each == n; }), n);
  t.erase(42, 2);
  BOOST_CHECK_EQUAL(t.find(42, [](std::uint32_t each) { return each == 2; }), probe_table::none);
  BOOST_CHECK_EQUAL(t.find(42, [](std::uint32_t each) { return each == 4; }), 4U);
}

BOOST_AUTO_TEST_CASE(another_hash_with_the_same_home_is_not_asked_about) {
  probe_table t;
  t.insert(3, 0);
  BOOST_CHECK_EQUAL(t.find(3 + (1U << 20U), any), probe_table::none);
}

// Hashes that are equal in their low bits, and some whose homes are the last slots: runs that wrap around.
BOOST_AUTO_TEST_CASE(agrees_with_a_map_whatever_is_done) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      probe_table t;
      std::map<std::uint32_t, std::uint32_t> hash_of;
      const std::uint32_t homes = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 64 : UINT32_MAX;
      for (std::uint32_t step = 0; step < 5000; ++step) {
        if (hash_of.empty() || random() % 100 < (step / 1000 % 2 == 0 ? 70U : 30U)) {
          const auto hash = static_cast<std::uint32_t>(0U - 2U + random() % homes);
          t.insert(hash, step);
          hash_of.emplace(step, hash);
        } else {
          auto it = hash_of.lower_bound(static_cast<std::uint32_t>(random() % step));
          if (it == hash_of.end()) it = hash_of.begin();
          t.erase(it->second, it->first);
          hash_of.erase(it);
        }
        BOOST_REQUIRE_EQUAL(t.size(), hash_of.size());
        if (step % 50 != 0) continue;
        for (const auto& [number, hash] : hash_of)
          BOOST_REQUIRE_EQUAL(t.find(hash, [n = number](std::uint32_t each) { return each == n; }),
                              number);
        std::vector<std::uint32_t> seen;
        t.for_each([&](std::uint32_t number) { seen.push_back(number); });
        std::ranges::sort(seen);
        BOOST_REQUIRE(
            std::ranges::equal(seen, hash_of, {}, {}, [](const auto& e) { return e.first; }));
      }
      t.clear();
      BOOST_CHECK_EQUAL(t.size(), 0U);
      for (const auto& [number, hash] : hash_of)
        BOOST_REQUIRE_EQUAL(t.find(hash, any), probe_table::none);
      t.insert(1, 1);
      BOOST_CHECK_EQUAL(t.find(1, any), 1U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
