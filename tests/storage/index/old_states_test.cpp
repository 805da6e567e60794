// What only snapshots kept, once they are gone: all of it goes, and little at a time.
#include <stowage/storage/index/block_index.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t block_count = 20'000;

std::string named(std::uint64_t n) { return "block-" + std::to_string(1'000'000 + n); }

void write(block_index& index, std::uint64_t n, std::uint64_t ver) {
  index.apply(put_of(named(n), ver).get(), 0, [](block_ref) {});
}

void write_all(block_index& index, std::uint64_t ver) {
  for (std::uint64_t n = 0; n < block_count; ++n) write(index, n, ver);
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

/// A second state beside the one that a snapshot keeps.
struct two_states {
  two_states() {
    write_all(index, 1);
    one_state = live_allocations() - empty;
    old = index.snapshot();
    write_all(index, 2);
    both = live_allocations() - empty;
    BOOST_TEST_REQUIRE(both > one_state + static_cast<std::int64_t>(block_count));
  }

  std::int64_t empty = live_allocations();
  block_index index;
  std::int64_t one_state = 0;
  std::int64_t both = 0;
  std::optional<index_snapshot> old;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(old_states)

BOOST_FIXTURE_TEST_CASE(nothing_goes_while_somebody_looks_at_it, two_states) {
  BOOST_TEST(index.let_go_some(1'000'000));
  BOOST_TEST(live_allocations() - empty >= both);
  BOOST_TEST(has_all(*old, 1));
  auto same = old;
  old.reset();
  BOOST_TEST(index.let_go_some(1'000'000));
  BOOST_TEST(has_all(*same, 1));
}

BOOST_FIXTURE_TEST_CASE(all_of_it_goes_in_steps_as_small_as_they_should_be, two_states) {
  old.reset();
  BOOST_TEST(live_allocations() - empty >= both - 10);
  unsigned steps = 1;
  std::int64_t most = 0;
  for (auto before = live_allocations(); !index.let_go_some(100); ++steps) {
    const auto now = live_allocations();
    most = std::max(most, before - now);
    before = now;
  }
  // A block is one allocation, a node three at most.
  BOOST_TEST(most <= 300);
  BOOST_TEST(steps > block_count / 100);
  BOOST_TEST(live_allocations() - empty <= one_state + one_state / 20);
  BOOST_TEST(has_all(index.snapshot(), 2));
}

BOOST_FIXTURE_TEST_CASE(each_change_lets_go_of_a_few, two_states) {
  old.reset();
  std::int64_t most = 0;
  std::uint64_t changes = 0;
  for (auto before = live_allocations();
       live_allocations() - empty > one_state + one_state / 20 && changes < block_count;
       ++changes) {
    write(index, changes, 3);
    const auto now = live_allocations();
    most = std::max(most, before - now);
    before = now;
  }
  BOOST_TEST(most <= 50);
  BOOST_TEST(changes < block_count / 8);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_an_index_that_ends_before) {
  const auto before = live_allocations();
  {
    two_states s;
    s.old.reset();
    BOOST_TEST(!s.index.let_go_some(10));
  }
  BOOST_TEST(live_allocations() == before);
}

BOOST_AUTO_TEST_CASE(what_an_older_snapshot_sees_stays_for_it) {
  block_index index;
  write_all(index, 1);
  const auto first = index.snapshot();
  std::optional<index_snapshot> second;
  write_all(index, 2);
  second = index.snapshot();
  write_all(index, 3);
  second.reset();
  // Half of what is to go is gone when the next snapshot is taken, which sees none of it.
  BOOST_TEST(!index.let_go_some(block_count / 2));
  const auto third = index.snapshot();
  write_all(index, 4);
  while (!index.let_go_some(1000)) {
  }
  BOOST_TEST(has_all(first, 1));
  BOOST_TEST(has_all(third, 3));
  BOOST_TEST(has_all(index.snapshot(), 4));
}

BOOST_AUTO_TEST_CASE(others_let_go_on_their_threads_meanwhile) {
  block_index index;
  write_all(index, 1);
  for (std::uint64_t ver = 2; ver < 8; ++ver) {
    std::atomic<bool> was_right = false;
    std::thread other{[&was_right, ver, theirs = index.snapshot()]() mutable {
      was_right = has_all(theirs, ver - 1);
      theirs = {};
    }};
    for (std::uint64_t n = 0; n < block_count; ++n) {
      write(index, n, ver);
      if (n % 1000 == 0) (void)index.snapshot();
    }
    other.join();
    BOOST_TEST(was_right.load());
  }
  while (!index.let_go_some(1000)) {
  }
  BOOST_TEST(has_all(index.snapshot(), 7));
}

BOOST_AUTO_TEST_SUITE_END()
