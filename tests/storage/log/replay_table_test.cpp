#include <boost/test/unit_test.hpp>

#include <stowage/storage/log/replay_table.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

using namespace stowage;

namespace {

constexpr std::array candidates{candidate::in_chain, candidate::torn_body, candidate::no_record};

// The rule the table spells out.
replay_action by_the_rule(candidate found, bool below_fence, bool proven) {
  if (found == candidate::in_chain) return replay_action::apply;
  if (below_fence || proven) return replay_action::damaged;
  return found == candidate::torn_body ? replay_action::torn_tail : replay_action::end;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_table_suite)

BOOST_AUTO_TEST_CASE(each_combination_matches_exactly_one_row_and_each_row_some_combination) {
  std::array<std::size_t, replay_table.size()> used{};
  for (const auto found : candidates) {
    for (const bool below_fence : {false, true}) {
      for (const bool proven : {false, true}) {
        BOOST_TEST_CONTEXT("found " << static_cast<int>(found) << ", at or below the fence "
                                    << below_fence << ", proven " << proven) {
          std::size_t matching = 0;
          for (std::size_t i = 0; i < replay_table.size(); ++i) {
            if (!matches(replay_table[i], found, below_fence, proven)) continue;
            ++matching;
            ++used[i];
            BOOST_CHECK(replay_table[i].action == decide(found, below_fence, proven));
          }
          BOOST_CHECK_EQUAL(matching, 1U);
          BOOST_CHECK(decide(found, below_fence, proven) ==
                      by_the_rule(found, below_fence, proven));
        }
      }
    }
  }
  BOOST_CHECK(std::ranges::all_of(used, [](std::size_t n) { return n > 0; }));
}

BOOST_AUTO_TEST_CASE(what_no_row_knows_is_damage) {
  BOOST_CHECK(decide(static_cast<candidate>(9), false, false) == replay_action::damaged);
}

BOOST_AUTO_TEST_SUITE_END()
