#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/run_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

// The depth of the emptiest balanced tree: one of depth h has at least 1 + those of h - 1 and h -
// 2.
void check_depth(const run_tree& tree) {
  std::size_t least = 1;
  std::size_t next = 2;
  unsigned height_max = 0;
  while (least <= tree.size()) {
    ++height_max;
    least = std::exchange(next, least + next + 1);
  }
  BOOST_REQUIRE_LE(tree.height(), height_max);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_tree_suite)

BOOST_AUTO_TEST_CASE(stays_shallow_when_offsets_ascend_or_descend) {
  constexpr std::uint64_t n = 20'000;
  run_tree up;
  run_tree down;
  for (std::uint64_t i = 0; i < n; ++i) {
    up.insert({i * 10, 5});
    down.insert({(n - i) * 10, 5});
  }
  check_depth(up);
  check_depth(down);
  // What is left of one side only must be balanced again.
  for (std::uint64_t i = 0; i < n - 100; ++i) up.erase(i * 10);
  BOOST_CHECK_EQUAL(up.size(), 100U);
  check_depth(up);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_under_random_changes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      run_tree tree;
      std::map<std::uint64_t, std::uint64_t> oracle;
      for (int step = 0; step < 6000; ++step) {
        // Small trees come into every shape there is, large ones go deep.
        const auto slot = random() % (seed % 2 == 0 ? 400 : 14) * 100;
        const auto length = 1 + random() % 100;
        if (!oracle.contains(slot)) {
          tree.insert({slot, length});
          oracle[slot] = length;
        } else if (random() % 3 == 0) {
          tree.replace(slot, {slot, length});
          oracle[slot] = length;
        } else {
          tree.erase(slot);
          oracle.erase(slot);
        }

        BOOST_REQUIRE_EQUAL(tree.size(), oracle.size());
        check_depth(tree);
        const auto from = random() % (seed % 2 == 0 ? 41'000 : 1'500);
        const auto wanted = 1 + random() % 110;
        std::optional<extent> fit;
        std::optional<extent> before;
        std::uint64_t longest = 0;
        for (const auto& [offset, bytes] : oracle) {
          longest = std::max(longest, bytes);
          if (!fit && offset >= from && bytes >= wanted) fit = extent{offset, bytes};
          if (offset <= from) before = extent{offset, bytes};
        }
        BOOST_REQUIRE(tree.first_fit(from, wanted) == fit);
        BOOST_REQUIRE(tree.at_or_before(from) == before);
        BOOST_REQUIRE_EQUAL(tree.longest(), longest);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(mistakes_are_broken_invariants_and_change_nothing) {
  run_tree tree;
  tree.insert({10, 5});
  tree.insert({30, 5});
  BOOST_CHECK_THROW(tree.insert({30, 7}), invariant_violation);
  BOOST_CHECK_THROW(tree.erase(20), invariant_violation);
  BOOST_CHECK_THROW(tree.replace(20, {20, 1}), invariant_violation);
  BOOST_CHECK_EQUAL(tree.size(), 2U);
  BOOST_CHECK_EQUAL(tree.longest(), 5U);
}

BOOST_AUTO_TEST_CASE(copies_are_apart_and_moved_from_is_empty) {
  run_tree tree;
  tree.insert({10, 5});
  auto copy = tree;
  copy.insert({30, 9});
  BOOST_CHECK_EQUAL(tree.longest(), 5U);
  const auto moved = std::move(copy);
  BOOST_CHECK_EQUAL(moved.longest(), 9U);
  const auto left = copy;  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  BOOST_CHECK_EQUAL(left.size(), 0U);
  BOOST_CHECK(!left.first_fit(0, 1));
}

BOOST_AUTO_TEST_SUITE_END()
