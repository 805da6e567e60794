#include <boost/test/unit_test.hpp>

#include <stowage/storage/compaction_plan.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>

#include <string>
#include <vector>

using namespace stowage;

namespace {

// A block of this name on these extents.
void add(block_index& index, const std::string& name, const std::vector<extent>& places) {
  std::vector<chunk> chunks;
  std::uint64_t length = 0;
  for (const auto& e : places) {
    chunks.push_back({e, {}});
    length += e.length;
  }
  op o;
  o.kind = op_kind::put;
  o.name = name;
  o.ver = version{1};
  o.value_length = length;
  o.chunks = chunks;
  index.apply(o, 0, [](const block_ref&) {});
}

std::string numbered(unsigned i) {
  auto digits = std::to_string(i);
  return std::string(6 - digits.size(), '0') + digits;
}

std::vector<std::string> all_moves(compaction_plan& plan, std::size_t blocks_max = 10,
                                   std::uint64_t bytes_max = limits::mib) {
  std::vector<std::string> names;
  for (bool is_last = false; !is_last;) {
    const auto found = plan.next_moves(blocks_max, bytes_max);
    is_last = found.is_last;
    BOOST_TEST(found.blocks.size() <= blocks_max);
    for (const auto& b : found.blocks) names.emplace_back(b->name());
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compaction_plans)

BOOST_AUTO_TEST_CASE(nothing_to_do_in_an_empty_or_dense_store) {
  block_index index;
  compaction_plan empty{index.snapshot(), 100};
  BOOST_TEST(empty.survey(1));
  empty.begin_moves(index.snapshot(), UINT64_MAX);
  BOOST_TEST(all_moves(empty).empty());

  for (unsigned i = 0; i < 64; ++i) add(index, numbered(i), {{page_size + i * 64, 64}});
  compaction_plan dense{index.snapshot(), 100};
  BOOST_TEST(dense.survey(1000));
  dense.begin_moves(index.snapshot(), UINT64_MAX);
  BOOST_TEST(all_moves(dense).empty());
}

BOOST_AUTO_TEST_CASE(blocks_on_sparse_pages_move) {
  block_index index;
  add(index, "alone", {{page_size, 64}});
  for (unsigned i = 0; i < 60; ++i)
    add(index, "full " + numbered(i), {{2 * page_size + i * 64, 64}});
  // From the full page over a page of its own into one that nobody shares.
  add(index, "long", {{2 * page_size + 60 * 64, 4 * 64 + page_size + 64}});
  compaction_plan plan{index.snapshot(), 50};
  BOOST_TEST(plan.survey(1000));
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  // The full page, the one that "long" has for itself, and one for what moves.
  BOOST_TEST(plan.bytes_after() == 3 * page_size);
  BOOST_TEST((all_moves(plan) == std::vector<std::string>{"alone", "long"}));
}

BOOST_AUTO_TEST_CASE(a_large_value_has_its_pages_for_itself) {
  block_index index;
  add(index, "large", {{page_size, limits::packed_value_bytes_end + 1}});
  compaction_plan plan{index.snapshot(), 100};
  BOOST_TEST(plan.survey(1000));
  BOOST_TEST(plan.bytes_after() == limits::packed_value_bytes_end + page_size);
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  BOOST_TEST(all_moves(plan).empty());
}

BOOST_AUTO_TEST_CASE(whatever_reaches_beyond_the_ceiling_moves) {
  block_index index;
  add(index, "below", {{page_size, page_size}});
  add(index, "up to it", {{9 * page_size, page_size}});
  add(index, "over it", {{2 * page_size, page_size}, {10 * page_size, page_size}});
  add(index, "above", {{20 * page_size, 100'000}});
  add(index, "empty", {});
  compaction_plan plan{index.snapshot(), 50};
  BOOST_TEST(plan.survey(1000));
  plan.begin_moves(index.snapshot(), 10 * page_size);
  BOOST_TEST((all_moves(plan) == std::vector<std::string>{"above", "over it"}));
}

BOOST_AUTO_TEST_CASE(moves_come_in_slices_and_none_twice) {
  block_index index;
  for (unsigned i = 0; i < 1000; ++i) add(index, numbered(i), {{(i + 1) * page_size, 1000}});
  compaction_plan plan{index.snapshot(), 50};
  unsigned calls = 1;
  while (!plan.survey(99)) ++calls;
  BOOST_TEST(calls == 11U);

  plan.begin_moves(index.snapshot(), UINT64_MAX);
  const auto by_count = plan.next_moves(7, limits::mib);
  BOOST_TEST(by_count.blocks.size() == 7U);
  BOOST_TEST(!by_count.is_last);
  const auto by_bytes = plan.next_moves(100, 2999);
  BOOST_TEST(by_bytes.blocks.size() == 2U);
  BOOST_TEST(by_bytes.blocks.front()->name() == numbered(7));
  // At least one, however large.
  BOOST_TEST(plan.next_moves(100, 1).blocks.size() == 1U);
  BOOST_TEST(all_moves(plan).size() == 990U);
}

BOOST_AUTO_TEST_CASE(a_long_tour_comes_up_for_air) {
  // None of these moves, and yet a call looks at a bounded number of them.
  block_index index;
  for (unsigned i = 0; i < 50'000; ++i) add(index, numbered(i), {});
  add(index, "z", {{page_size, 10}});
  compaction_plan plan{index.snapshot(), 50};
  BOOST_TEST(plan.survey(100'000));
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  const auto first = plan.next_moves(10, 10);
  BOOST_TEST(first.blocks.empty());
  BOOST_TEST(!first.is_last);
  BOOST_TEST((all_moves(plan) == std::vector<std::string>{"z"}));
}

BOOST_AUTO_TEST_CASE(few_that_lie_far_apart_still_fill_a_slice) {
  block_index index;
  for (unsigned i = 0; i < 20'000; ++i) {
    const bool is_one = i % 500 == 0;
    add(index, numbered(i),
        is_one ? std::vector<extent>{{(i + 1) * page_size, 10}} : std::vector<extent>{});
  }
  compaction_plan plan{index.snapshot(), 50};
  while (!plan.survey(1000)) {
  }
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  std::vector<std::size_t> slices;
  for (bool is_last = false; !is_last;) {
    const auto found = plan.next_moves(16, limits::mib);
    is_last = found.is_last;
    if (!found.blocks.empty()) slices.push_back(found.blocks.size());
  }
  BOOST_TEST((slices == std::vector<std::size_t>{16, 16, 8}));
  // A tour begun anew begins with nothing in hand.
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  (void)plan.next_moves(16, limits::mib);
  plan.begin_moves(index.snapshot(), UINT64_MAX);
  BOOST_TEST(all_moves(plan).size() == 40U);
}

BOOST_AUTO_TEST_CASE(the_second_tour_goes_over_the_newest_state) {
  block_index index;
  add(index, "stays", {{page_size, 64}});
  add(index, "goes", {{2 * page_size, 64}});
  compaction_plan plan{index.snapshot(), 50};
  BOOST_TEST(plan.survey(1000));
  op gone;
  gone.kind = op_kind::del;
  gone.name = "goes";
  gone.ver = version{2};
  index.apply(gone, 0, [](const block_ref&) {});
  // On a page that the survey did not know.
  add(index, "new", {{30 * page_size, 64}});
  plan.begin_moves(index.snapshot(), 20 * page_size);
  BOOST_TEST((all_moves(plan) == std::vector<std::string>{"new", "stays"}));
}

BOOST_AUTO_TEST_CASE(a_part_of_a_page_is_a_percentage) {
  block_index index;
  BOOST_CHECK_THROW(compaction_plan(index.snapshot(), 0), invariant_violation);
  BOOST_CHECK_THROW(compaction_plan(index.snapshot(), 101), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
