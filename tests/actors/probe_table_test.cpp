#include <boost/test/unit_test.hpp>

#include <stowage/actors/probe_table.hpp>

#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <vector>

using namespace stowage;

namespace {

using table = probe_table<const std::uint32_t>;

bool any(const std::uint32_t*) { return true; }

// What is found, or null.
template <class IsIt>
const std::uint32_t* found(const table& t, std::uint32_t hash, IsIt is_it) {
  const auto* const* place = t.find(hash, is_it);
  return place != nullptr ? *place : nullptr;
}

std::vector<std::uint32_t> numbers(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(probe_table_suite)

BOOST_AUTO_TEST_CASE(an_empty_one_finds_nothing_and_may_be_prefetched) {
  table t;
  t.prefetch(7);
  BOOST_CHECK(found(t, 7, any) == nullptr);
  BOOST_CHECK_EQUAL(t.size(), 0U);
  const std::uint32_t one = 1;
  BOOST_CHECK(!t.erase(7, &one));
}

BOOST_AUTO_TEST_CASE(the_caller_says_which_of_equal_hashes_is_meant) {
  const auto n = numbers(6);
  table t;
  for (std::uint32_t i = 0; i < 5; ++i) t.insert(42, &n[i]);
  const auto is = [](std::uint32_t wanted) {
    return [wanted](const std::uint32_t* each) { return *each == wanted; };
  };
  for (std::uint32_t i = 0; i < 5; ++i) BOOST_CHECK(found(t, 42, is(i)) == &n[i]);
  BOOST_CHECK(t.erase(42, &n[2]));
  BOOST_CHECK(!t.erase(42, &n[2]));
  BOOST_CHECK(!t.erase(43, &n[3]));
  BOOST_CHECK(found(t, 42, is(2)) == nullptr);
  BOOST_CHECK(found(t, 42, is(4)) == &n[4]);
  // Another one in its place.
  *t.find(42, is(4)) = &n[5];
  BOOST_CHECK(found(t, 42, is(4)) == nullptr);
  BOOST_CHECK(found(t, 42, is(5)) == &n[5]);
  BOOST_CHECK_EQUAL(t.size(), 4U);
}

BOOST_AUTO_TEST_CASE(another_hash_with_the_same_home_is_not_asked_about) {
  const std::uint32_t one = 0;
  table t;
  t.insert(3, &one);
  BOOST_CHECK(found(t, 3 + (1U << 20U), any) == nullptr);
}

// Hashes that are equal in their low bits, and some whose homes are the last slots: runs that wrap around.
BOOST_AUTO_TEST_CASE(agrees_with_a_map_whatever_is_done) {
  const auto n = numbers(5000);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      table t;
      std::map<std::uint32_t, std::uint32_t> hash_of;
      const std::uint32_t homes = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 64 : UINT32_MAX;
      for (std::uint32_t step = 0; step < 5000; ++step) {
        if (hash_of.empty() || random() % 100 < (step / 1000 % 2 == 0 ? 70U : 30U)) {
          const auto hash = static_cast<std::uint32_t>(0U - 2U + random() % homes);
          t.insert(hash, &n[step]);
          hash_of.emplace(step, hash);
        } else {
          auto it = hash_of.lower_bound(static_cast<std::uint32_t>(random() % step));
          if (it == hash_of.end()) it = hash_of.begin();
          BOOST_REQUIRE(t.erase(it->second, &n[it->first]));
          BOOST_REQUIRE(!t.erase(it->second, &n[it->first]));
          hash_of.erase(it);
        }
        BOOST_REQUIRE_EQUAL(t.size(), hash_of.size());
        if (step % 50 != 0) continue;
        for (const auto& [number, hash] : hash_of) {
          const auto* there = &n[number];
          BOOST_REQUIRE(found(t, hash, [there](const std::uint32_t* each) {
                          return each == there;
                        }) == there);
        }
        std::map<std::uint32_t, std::uint32_t> seen;
        t.for_each(
            [&](std::uint32_t hash, const std::uint32_t* each) { seen.emplace(*each, hash); });
        BOOST_REQUIRE(seen == hash_of);
      }
      t.clear();
      BOOST_CHECK_EQUAL(t.size(), 0U);
      for (const auto& [number, hash] : hash_of) BOOST_REQUIRE(found(t, hash, any) == nullptr);
      t.insert(1, &n[1]);
      BOOST_CHECK(found(t, 1, any) == &n[1]);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
