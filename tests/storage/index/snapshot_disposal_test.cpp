// Snapshots freed in steps: all of it, no more than is theirs, and little at a time.
#include <stowage/storage/index/snapshot_disposal.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t block_count = 50'000;

std::string named(std::uint64_t n) { return "block-" + std::to_string(1'000'000 + n); }

void write_all(block_index& index, std::uint64_t ver) {
  for (std::uint64_t n = 0; n < block_count; ++n)
    index.apply(put_of(named(n), ver).get(), 0, [](block_ref) {});
}

bool has_all(const index_snapshot& of, std::uint64_t ver) {
  std::uint64_t seen = 0;
  bool right = true;
  of.for_each_from({}, [&](const block_ref& b) {
    right = right && b->name() == named(seen++) && b->ver() == version{ver};
    return true;
  });
  return right && seen == block_count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_snapshot_disposal)

BOOST_AUTO_TEST_CASE(frees_all_of_a_snapshot_that_nobody_else_has_little_at_a_time) {
  block_index index;
  const auto empty = live_allocations();
  write_all(index, 1);
  auto old = index.snapshot();
  const auto one_state = live_allocations() - empty;
  write_all(index, 2);
  const auto two_states = live_allocations() - empty;
  BOOST_TEST(two_states > one_state + static_cast<std::int64_t>(block_count));

  snapshot_disposal disposal;
  BOOST_TEST(disposal.empty());
  disposal.add(std::move(old));
  BOOST_TEST(!disposal.empty());
  unsigned steps = 1;
  std::int64_t most = 0;
  for (auto before = live_allocations(); !disposal.step(16); ++steps) {
    const auto now = live_allocations();
    most = std::max(most, before - now);
    before = now;
  }
  // 16 nodes of 64 blocks at most, and the nodes.
  BOOST_TEST(most <= 16 * (64 + 4));
  BOOST_TEST(steps > block_count / (16 * 64));
  BOOST_TEST(disposal.empty());
  BOOST_TEST(disposal.step(1));
  disposal = {};
  BOOST_TEST(live_allocations() - empty <= one_state + one_state / 50);
  BOOST_TEST(has_all(index.snapshot(), 2));
}

BOOST_AUTO_TEST_CASE(leaves_what_others_have_and_does_not_look_at_it) {
  block_index index;
  write_all(index, 1);
  const auto kept = index.snapshot();
  auto same = kept;
  const auto before = live_allocations();
  snapshot_disposal disposal;
  disposal.add(std::move(same));
  BOOST_TEST(disposal.step(1));
  disposal = {};
  BOOST_TEST(live_allocations() == before);
  BOOST_TEST(has_all(kept, 1));

  // One block is different: its path alone is freed.
  auto other = index.snapshot();
  index.apply(put_of(named(7), 9).get(), 0, [](block_ref) {});
  disposal.add(std::move(other));
  BOOST_TEST(disposal.step(1));
  BOOST_TEST(has_all(kept, 1));
}

BOOST_AUTO_TEST_CASE(takes_several_and_nothing_at_all) {
  block_index index;
  snapshot_disposal disposal;
  disposal.add({});
  BOOST_TEST(disposal.empty());
  std::vector<index_snapshot> all;
  for (std::uint64_t ver = 1; ver <= 3; ++ver) {
    write_all(index, ver);
    all.push_back(index.snapshot());
  }
  write_all(index, 4);
  for (auto& s : all) disposal.add(std::exchange(s, {}));
  while (!disposal.step(100)) {
  }
  BOOST_TEST(has_all(index.snapshot(), 4));
}

BOOST_AUTO_TEST_CASE(works_beside_an_index_that_goes_on_and_other_owners_on_other_threads) {
  block_index index;
  write_all(index, 1);
  for (std::uint64_t ver = 2; ver < 8; ++ver) {
    auto here = index.snapshot();
    auto there = here;
    std::thread reader{[there = std::move(there), ver]() mutable {
      BOOST_CHECK(has_all(there, ver - 1));
      snapshot_disposal disposal;
      disposal.add(std::move(there));
      while (!disposal.step(3)) {
      }
    }};
    snapshot_disposal disposal;
    disposal.add(std::move(here));
    for (std::uint64_t n = 0; n < block_count; ++n) {
      index.apply(put_of(named(n), ver).get(), 0, [](block_ref) {});
      if (n % 100 == 0) (void)disposal.step(2);
    }
    reader.join();
    while (!disposal.step(1000)) {
    }
  }
  BOOST_TEST(has_all(index.snapshot(), 7));
}

BOOST_AUTO_TEST_SUITE_END()
