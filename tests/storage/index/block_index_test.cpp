#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

// What the index should hold.
struct expected_block {
  version ver;
  std::uint64_t expires_at_ms = 0;
  std::uint64_t published = 0;
  std::vector<chunk> chunks;

  friend bool operator==(const expected_block&, const expected_block&) = default;
};
using oracle = std::map<std::string, expected_block, std::less<>>;

expected_block seen(const block& b) {
  return {b.ver(), b.expires_at_ms(), b.published(), {b.chunks().begin(), b.chunks().end()}};
}

expected_block made_by(const owned_op& o, std::uint64_t published) {
  return {o.ver, o.expires_at_ms, published, o.chunks};
}

// The blocks that leave the state, by name, as the rules say.
oracle apply(oracle& state, const owned_op& o, std::uint64_t published) {
  oracle gone;
  const auto it = state.find(o.name);
  switch (o.kind) {
    case op_kind::put:
      if (it != state.end()) gone.insert(*it);
      state[o.name] = made_by(o, published);
      break;
    case op_kind::del:
      if (it != state.end()) gone.insert(state.extract(it));
      break;
    case op_kind::relocate:
      if (it != state.end() && it->second.ver == o.ver) {
        gone.insert(*it);
        it->second = made_by(o, published);
      } else {
        gone.emplace(o.name, made_by(o, published));
      }
      break;
    case op_kind::clear:
      for (auto at = state.begin(); at != state.end();) {
        const auto next = std::next(at);
        if (at->second.ver < o.ver) gone.insert(state.extract(at));
        at = next;
      }
      break;
  }
  return gone;
}

template <class Index>
oracle contents(const Index& index) {
  oracle all;
  index.for_each_from({}, [&](const block_ref& b) {
    all.emplace_hint(all.end(), b->name(), seen(*b));
    return true;
  });
  return all;
}

// Every block in order, each found by name, and nothing else; answers instead of checking, so that any
// thread may ask.
template <class Index>
bool holds(const Index& index, const oracle& state) {
  if (index.size() != state.size()) return false;
  auto it = state.begin();
  bool same = true;
  index.for_each_from({}, [&](const block_ref& b) {
    same = it != state.end() && b->name() == it->first && seen(*b) == it->second;
    if (same) ++it;
    return same;
  });
  if (!same || it != state.end()) return false;
  return std::ranges::all_of(state, [&](const auto& entry) {
    const auto b = index.find(entry.first);
    return b && seen(*b) == entry.second;
  });
}

void check_sums(const block_index& index, const oracle& state) {
  std::uint64_t values = 0;
  std::uint64_t checkpoint = 0;
  for (const auto& [name, b] : state) {
    for (const auto& c : b.chunks) values += c.where.length;
    checkpoint += 32 + name.size() + 28 * b.chunks.size();
  }
  BOOST_CHECK_EQUAL(index.size(), state.size());
  BOOST_CHECK_EQUAL(index.value_bytes(), values);
  BOOST_CHECK_EQUAL(index.checkpoint_bytes(), checkpoint);
}

// Those that expire, each once and as the state has them, in the order of their time.
void check_expiring(const block_index& index, const oracle& state) {
  std::uint64_t expiring = 0;
  for (const auto& [name, b] : state) expiring += b.expires_at_ms != 0 ? 1 : 0;
  BOOST_REQUIRE_EQUAL(index.expiring().size(), expiring);
  std::uint64_t last = 0;
  index.expiring().for_each_expired(UINT64_MAX, [&](const block& b) {
    const auto it = state.find(b.name());
    BOOST_REQUIRE(it != state.end() && seen(b) == it->second);
    BOOST_REQUIRE(b.expires_at_ms() >= last);
    last = b.expires_at_ms();
    --expiring;
    return true;
  });
  BOOST_CHECK_EQUAL(expiring, 0U);
}

// An index, its oracle, and ops that go to both.
class rig {
 public:
  block_index index;
  oracle state;
  std::uint64_t last_version = 0;
  std::uint64_t published = 0;

  void apply(const owned_op& o) {
    ++published;
    oracle retired;
    std::size_t calls = 0;
    index.apply(o.get(), published, [&](const block_ref& b) {
      ++calls;
      retired.emplace(b->name(), seen(*b));
    });
    const auto gone = ::apply(state, o, published);
    if (retired != gone || calls != gone.size()) BOOST_ERROR("other blocks were retired");
  }
};

std::string numbered(std::uint64_t n) {
  auto digits = std::to_string(n);
  return std::string(8 - digits.size(), '0') + digits;
}

void no_one_retires(const block_ref&) { BOOST_ERROR("a block was retired"); }

void load_ascending(block_index& index, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i)
    index.apply(put_of(numbered(i), i + 1).get(), 0, no_one_retires);
}

// Allocations of tree nodes: all of the index less one per block it holds.
std::int64_t node_allocations(std::int64_t before, const block_index& index) {
  return live_allocations() - before - static_cast<std::int64_t>(index.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_index_suite)

BOOST_AUTO_TEST_CASE(a_new_index_is_empty) {
  block_index index;
  BOOST_CHECK_EQUAL(index.size(), 0U);
  BOOST_CHECK_EQUAL(index.value_bytes(), 0U);
  BOOST_CHECK_EQUAL(index.checkpoint_bytes(), 0U);
  BOOST_CHECK(!index.find("a"));
  index.for_each_from({}, [](const block_ref&) {
    BOOST_ERROR("a block in an empty index");
    return true;
  });
  index.apply(op_of(op_kind::del, "a", 1).get(), 0, no_one_retires);
  index.apply(op_of(op_kind::clear, "", 2).get(), 0, no_one_retires);
  BOOST_CHECK_EQUAL(index.snapshot().size(), 0U);
  BOOST_CHECK(!index.snapshot().find("a"));

  const index_snapshot none;
  BOOST_CHECK_EQUAL(none.size(), 0U);
  BOOST_CHECK(!none.find("a"));
  none.for_each_from({}, [](const block_ref&) {
    BOOST_ERROR("a block in no snapshot");
    return true;
  });
}

BOOST_AUTO_TEST_CASE(it_does_what_a_map_does) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      rig r;
      // Seed 1 keeps a small set of names busy, the others grow and shrink by phases.
      const std::uint64_t names = seed == 1 ? 300 : 20'000;
      constexpr int steps = 100'000;
      struct kept {
        index_snapshot snapshot;
        oracle state;
      };
      std::vector<kept> snapshots;
      for (int step = 0; step < steps; ++step) {
        const bool growing = (step / 20'000) % 2 == 0;
        const auto dice = below(random, 1000);
        const auto name = "block " + std::to_string(below(random, names));
        owned_op o;
        if (dice < (growing ? 700U : 250U)) {
          o = put_of(name, ++r.last_version, random_chunks(random, below(random, 3)));
          o.expires_at_ms = below(random, 2) * random();
        } else if (dice < 850) {
          o = op_of(op_kind::del, name, ++r.last_version);
        } else if (dice < 999) {
          const auto it = r.state.find(name);
          const bool current = it != r.state.end() && below(random, 4) != 0;
          o = put_of(name, current ? it->second.ver.value : 1 + below(random, r.last_version + 1),
                     random_chunks(random, 1 + below(random, 2)));
          o.kind = op_kind::relocate;
          if (it != r.state.end()) o.expires_at_ms = it->second.expires_at_ms;
        } else if (below(random, 8) == 0) {
          // Mostly of everything, at times of a part.
          o = op_of(op_kind::clear, "",
                    below(random, 3) != 0 ? ++r.last_version : below(random, r.last_version) + 1);
        } else {
          o = op_of(op_kind::del, "no such block", ++r.last_version);
        }
        r.apply(o);
        if (step % 4'999 == 0) {
          BOOST_REQUIRE(holds(r.index, r.state));
          check_sums(r.index, r.state);
          check_expiring(r.index, r.state);
          snapshots.push_back({r.index.snapshot(), r.state});
        } else if (step % 997 == 0) {
          // A snapshot at once dropped must change nothing either.
          (void)r.index.snapshot();
        }
      }
      BOOST_CHECK(holds(r.index, r.state));
      check_sums(r.index, r.state);
      check_expiring(r.index, r.state);
      BOOST_CHECK_EQUAL(snapshots.size(), 21U);
      for (std::size_t i = 0; i < snapshots.size(); ++i)
        BOOST_CHECK_MESSAGE(holds(snapshots[i].snapshot, snapshots[i].state),
                            "snapshot " << i << " changed");
    }
  }
}

// Whole leaves and inner nodes go and come back: what random single names hardly ever do.
BOOST_AUTO_TEST_CASE(ranges_of_names_come_and_go) {
  constexpr std::uint64_t names = 64 * 64 * 4;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      rig r;
      const auto put = [&r](std::uint64_t n) { r.apply(put_of(numbered(n), ++r.last_version)); };
      for (std::uint64_t n = 0; n < names; ++n) put(n);
      for (int round = 0; round < 60; ++round) {
        const auto snapshot = r.index.snapshot();
        const auto state = r.state;
        const auto first = below(random, names);
        const auto last = std::min(names, first + 1 + below(random, 3'000));
        // Gone in one direction or the other, at times with a few left over.
        const bool leave_some = below(random, 3) == 0;
        const bool upwards = below(random, 2) == 0;
        for (auto i = first; i < last; ++i) {
          const auto n = upwards ? i : last - 1 - (i - first);
          if (!leave_some || below(random, 20) != 0)
            r.apply(op_of(op_kind::del, numbered(n), ++r.last_version));
        }
        BOOST_REQUIRE(holds(r.index, r.state));
        BOOST_REQUIRE(holds(snapshot, state));
        const auto stride = 1 + below(random, 400);
        for (auto n = first; n < last; n += stride) put(n);
        if (below(random, 4) == 0)
          for (auto n = below(random, names), end = std::min(names, n + 2'000); n < end; ++n)
            put(n);
        BOOST_REQUIRE(holds(r.index, r.state));
        BOOST_REQUIRE(holds(snapshot, state));
      }
      check_sums(r.index, r.state);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_name_before_the_first_of_its_node_survives_a_merge) {
  rig r;
  for (std::uint64_t n = 0; n < 64 * 64 * 2; ++n) r.apply(put_of(numbered(n), ++r.last_version));
  const auto erase = [&r](std::uint64_t first, std::uint64_t end) {
    for (auto n = first; n < end; ++n) r.apply(op_of(op_kind::del, numbered(n), ++r.last_version));
  };
  // The first leaf of the second inner node goes; a name of its range comes back into the next leaf.
  erase(64 * 64, 64 * 65);
  r.apply(put_of(numbered(64 * 64 + 4), ++r.last_version));
  // Both inner nodes shrink until they are one.
  erase(0, 64 * 60);
  erase(64 * 65 + 10, 64 * 128);
  BOOST_CHECK(r.index.find(numbered(64 * 64 + 4)));
  BOOST_CHECK(holds(r.index, r.state));
}

BOOST_AUTO_TEST_CASE(names_find_their_places_when_the_last_leaf_has_been_emptied) {
  for (const std::uint64_t in_last : {std::uint64_t{1}, std::uint64_t{64}}) {
    BOOST_TEST_CONTEXT(in_last << " in the last leaf") {
      rig r;
      const auto full = std::uint64_t{64} * 64;
      for (std::uint64_t n = 0; n < full + in_last; ++n)
        r.apply(put_of(numbered(n), ++r.last_version));
      for (auto n = full; n < full + in_last; ++n)
        r.apply(op_of(op_kind::del, numbered(n), ++r.last_version));
      // One that is there, one behind all others that belongs into the leaf before, and one that was there.
      for (const auto& name : {numbered(5), numbered(full - 1) + "a", numbered(full)})
        r.apply(put_of(name, ++r.last_version));
      BOOST_CHECK(holds(r.index, r.state));
      check_sums(r.index, r.state);
    }
  }
}

BOOST_AUTO_TEST_CASE(snapshots_are_read_on_other_threads_while_the_index_goes_on) {
  constexpr std::uint64_t seed = 4;
  BOOST_TEST_CONTEXT("seed " << seed) {
    random_source random{seed};
    rig r;
    std::atomic<int> wrong{0};
    std::atomic<int> readings{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    readers.reserve(4);
    const auto some_op = [&] {
      auto o = put_of(numbered(below(random, 3'000)), ++r.last_version,
                      random_chunks(random, below(random, 2)));
      if (below(random, 3) == 0) o = op_of(op_kind::del, o.name, o.ver.value);
      return o;
    };
    for (int i = 0; i < 3'000; ++i) r.apply(some_op());
    for (int reader = 0; reader < 4; ++reader) {
      for (int i = 0; i < 1'000; ++i) r.apply(some_op());
      readers.emplace_back(
          [&wrong, &readings, &done, snapshot = r.index.snapshot(), state = r.state] {
            do {
              if (!holds(snapshot, state)) ++wrong;
              ++readings;
            } while (!done);
          });
    }
    // Until every reader has read while this thread changes the index.
    for (int i = 0; i < 20'000 || readings < 8; ++i) {
      r.apply(some_op());
      if (i % 500 == 0) (void)r.index.snapshot();
    }
    r.apply(op_of(op_kind::clear, "", ++r.last_version));
    done = true;
    for (auto& t : readers) t.join();
    BOOST_CHECK_EQUAL(wrong.load(), 0);
    BOOST_CHECK(holds(r.index, r.state));
  }
}

BOOST_AUTO_TEST_CASE(an_ascending_load_packs_its_leaves) {
  constexpr std::uint64_t count = 64 * 64 * 4;
  const auto before = live_allocations();
  block_index packed;
  load_ascending(packed, count);
  // A leaf is two allocations (the node and its keys), an inner node three; half-full leaves take twice.
  const auto nodes = node_allocations(before, packed);
  BOOST_CHECK_LE(nodes, static_cast<std::int64_t>(count / 64 * 2 * 11 / 10));
  BOOST_CHECK_GE(nodes, static_cast<std::int64_t>(count / 64 * 2));
}

BOOST_AUTO_TEST_CASE(two_hundred_thousand_blocks) {
  constexpr std::uint64_t count = 200'000;
  constexpr std::uint64_t seed = 5;
  BOOST_TEST_CONTEXT("seed " << seed) {
    random_source random{seed};
    std::vector<std::uint64_t> order(count);
    for (std::uint64_t i = 0; i < count; ++i) order[i] = i;
    std::ranges::shuffle(order, random);

    const auto before = live_allocations();
    {
      block_index index;
      for (const auto i : order) index.apply(put_of(numbered(i), i + 1).get(), 0, no_one_retires);
      BOOST_CHECK_EQUAL(index.size(), count);
      std::uint64_t next = 0;
      bool in_order = true;
      index.for_each_from({}, [&](const block_ref& b) {
        in_order = b->name() == numbered(next) && b->ver() == version{next + 1};
        ++next;
        return in_order;
      });
      BOOST_CHECK(in_order);
      BOOST_CHECK_EQUAL(next, count);
      std::uint64_t found = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto b = index.find(numbered(i));
        if (b && b->ver() == version{i + 1}) ++found;
      }
      BOOST_CHECK_EQUAL(found, count);

      // Most of them go again: so does the memory of their nodes.
      std::ranges::shuffle(order, random);
      std::uint64_t gone = 0;
      for (const auto i : order)
        if (i % 100 != 0)
          index.apply(op_of(op_kind::del, numbered(i), count + 1).get(), 0,
                      [&](const block_ref&) { ++gone; });
      BOOST_CHECK_EQUAL(gone, count - count / 100);
      BOOST_CHECK_EQUAL(index.size(), count / 100);
      BOOST_CHECK_LT(node_allocations(before, index),
                     static_cast<std::int64_t>(index.size() / 16 * 4));
      for (std::uint64_t i = 0; i < count; i += 50)
        BOOST_REQUIRE_EQUAL(static_cast<bool>(index.find(numbered(i))), i % 100 == 0);
    }
    BOOST_CHECK_EQUAL(live_allocations() - before, 0);
  }
}

BOOST_AUTO_TEST_CASE(everything_may_be_erased_in_any_order_and_comes_back) {
  constexpr std::uint64_t count = 10'000;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      std::vector<std::uint64_t> order(count);
      for (std::uint64_t i = 0; i < count; ++i) order[i] = i;
      if (seed == 1) std::ranges::reverse(order);
      if (seed == 2) std::ranges::shuffle(order, random);

      const auto before = live_allocations();
      {
        block_index index;
        for (int round = 0; round < 2; ++round) {
          load_ascending(index, count);
          for (const auto i : order) {
            std::string retired;
            index.apply(op_of(op_kind::del, numbered(i), count + 1).get(), 0,
                        [&](const block_ref& b) { retired = b->name(); });
            if (retired != numbered(i)) BOOST_ERROR("block " << i << " was not there");
            if (index.find(numbered(i))) BOOST_ERROR("block " << i << " is still there");
          }
          BOOST_CHECK_EQUAL(index.size(), 0U);
          BOOST_CHECK_EQUAL(index.checkpoint_bytes(), 0U);
          BOOST_CHECK(contents(index).empty());
          // A node or two may stay, and the names that separated them.
          BOOST_CHECK_LT(node_allocations(before, index), 20);
        }
        load_ascending(index, 100);
        BOOST_CHECK_EQUAL(contents(index).size(), 100U);
      }
      BOOST_CHECK_EQUAL(live_allocations() - before, 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_put_replaces_and_keeps_the_new_allocation_of_everything) {
  rig r;
  r.apply(put_of("a", 1, {{{layout::data_start, 10}, {1, 1}}}));
  const auto old = r.index.find("a");
  r.apply(put_of("a", 2, {{{layout::data_start + 64, 20}, {2, 2}}}));
  BOOST_CHECK(old->ver() == version{1});
  BOOST_CHECK(r.index.find("a")->ver() == version{2});
  BOOST_CHECK_EQUAL(r.index.value_bytes(), 20U);
  check_sums(r.index, r.state);
}

BOOST_AUTO_TEST_CASE(a_relocation_moves_the_version_it_names_and_no_other) {
  rig r;
  r.apply(put_of("a", 5, {{{layout::data_start, 10}, {1, 1}}}));
  auto move = put_of("a", 5, {{{layout::data_start + 128, 10}, {1, 1}}});
  move.kind = op_kind::relocate;
  r.apply(move);
  BOOST_CHECK(r.index.find("a")->chunks()[0].where.offset == layout::data_start + 128);
  BOOST_CHECK(r.index.find("a")->ver() == version{5});
  // Overwritten meanwhile, older, newer, or gone: the relocation's own extents are given back.
  for (const std::uint64_t stale : {4U, 6U}) {
    move.ver = version{stale};
    r.apply(move);
    BOOST_CHECK(r.index.find("a")->ver() == version{5});
  }
  move.name = "b";
  r.apply(move);
  BOOST_CHECK(!r.index.find("b"));
  BOOST_CHECK_EQUAL(r.index.size(), 1U);
  check_sums(r.index, r.state);
}

BOOST_AUTO_TEST_CASE(a_clear_removes_what_is_older_and_nothing_else) {
  rig r;
  for (std::uint64_t i = 1; i <= 1'000; ++i) r.apply(put_of(numbered(i * 7919 % 1'000), i));
  r.apply(op_of(op_kind::clear, "", 501));
  BOOST_CHECK_EQUAL(r.index.size(), 500U);
  BOOST_CHECK(holds(r.index, r.state));
  // Of the same version is not lower.
  r.apply(op_of(op_kind::clear, "", 501));
  BOOST_CHECK_EQUAL(r.index.size(), 500U);
  auto snapshot = r.index.snapshot();
  const auto before = r.state;
  r.apply(op_of(op_kind::clear, "", 2'000));
  BOOST_CHECK_EQUAL(r.index.size(), 0U);
  check_sums(r.index, r.state);
  BOOST_CHECK(holds(snapshot, before));
}

BOOST_AUTO_TEST_CASE(the_order_of_expiry_follows_what_replaces_moves_and_removes_a_block) {
  rig r;
  const auto until = [](std::string name, std::uint64_t ver, std::uint64_t expires_at_ms) {
    auto o = put_of(std::move(name), ver, {{{layout::data_start, 10}, {1, 1}}});
    o.expires_at_ms = expires_at_ms;
    return o;
  };
  r.apply(until("a", 1, 500));
  r.apply(until("b", 2, 400));
  BOOST_CHECK_EQUAL(r.index.expiring().next_ms(), 400U);
  // Later, sooner, and never.
  r.apply(until("b", 3, 600));
  check_expiring(r.index, r.state);
  BOOST_CHECK_EQUAL(r.index.expiring().next_ms(), 500U);
  r.apply(until("b", 4, 300));
  check_expiring(r.index, r.state);
  BOOST_CHECK_EQUAL(r.index.expiring().next_ms(), 300U);
  r.apply(until("b", 5, 0));
  check_expiring(r.index, r.state);
  BOOST_CHECK_EQUAL(r.index.expiring().size(), 1U);
  // Moved, it is the one that lies elsewhere; a move that comes too late changes nothing.
  auto moved = until("a", 1, 500);
  moved.kind = op_kind::relocate;
  moved.chunks[0].where.offset += 128;
  r.apply(moved);
  check_expiring(r.index, r.state);
  r.apply(until("a", 6, 700));
  r.apply(moved);
  check_expiring(r.index, r.state);
  BOOST_CHECK_EQUAL(r.index.expiring().next_ms(), 700U);
  const auto snapshot = r.index.snapshot();
  r.apply(op_of(op_kind::del, "a", 7));
  BOOST_CHECK(r.index.expiring().empty());
  // A clear of a part, and of everything.
  r.apply(until("c", 8, 100));
  r.apply(until("d", 9, 200));
  r.apply(op_of(op_kind::clear, "", 9));
  check_expiring(r.index, r.state);
  BOOST_CHECK_EQUAL(r.index.expiring().next_ms(), 200U);
  r.apply(op_of(op_kind::clear, "", 10));
  BOOST_CHECK(r.index.expiring().empty());
  BOOST_CHECK_EQUAL(snapshot.find("a")->expires_at_ms(), 700U);
}

BOOST_AUTO_TEST_CASE(a_walk_starts_at_the_first_name_not_below) {
  constexpr std::uint64_t count = 5'000;
  rig r;
  for (std::uint64_t i = 0; i < count; ++i) r.apply(put_of(numbered(2 * i), i + 1));
  const auto snapshot = r.index.snapshot();
  const auto first_from = [&](std::string_view from) {
    std::optional<std::string> first;
    const auto take = [&](const block_ref& b) {
      first = std::string{b->name()};
      return false;
    };
    r.index.for_each_from(from, take);
    const auto of_index = std::exchange(first, std::nullopt);
    snapshot.for_each_from(from, take);
    BOOST_CHECK(of_index == first);
    return first;
  };
  for (std::uint64_t i = 0; i < 2 * count; ++i) {
    const auto it = r.state.lower_bound(numbered(i));
    const auto first = first_from(numbered(i));
    if (first.has_value() != (it != r.state.end()) || (first && *first != it->first))
      BOOST_ERROR("from " << i);
  }
  BOOST_CHECK(first_from("") == numbered(0));
  BOOST_CHECK(first_from("0") == numbered(0));
  BOOST_CHECK(first_from("\xff") == std::nullopt);
  // The least name after one: what a page of a listing or a checkpoint starts with.
  BOOST_CHECK(first_from(numbered(10) + '\0') == numbered(12));
  // A walk goes on to the end, in order.
  std::uint64_t visited = 0;
  snapshot.for_each_from(numbered(count), [&](const block_ref&) {
    ++visited;
    return true;
  });
  BOOST_CHECK_EQUAL(visited, count / 2);
  // And stops when told.
  visited = 0;
  snapshot.for_each_from({}, [&](const block_ref&) { return ++visited < 3; });
  BOOST_CHECK_EQUAL(visited, 3U);
}

BOOST_AUTO_TEST_CASE(names_are_any_bytes_in_unsigned_order) {
  constexpr std::uint64_t seed = 6;
  BOOST_TEST_CONTEXT("seed " << seed) {
    random_source random{seed};
    rig r;
    std::uint64_t v = 0;
    // Every byte alone, behind another, and as an extension of a name that is there.
    for (int c = 0; c < 256; ++c) {
      const auto b = static_cast<char>(c);
      r.apply(put_of(std::string(1, b), ++v));
      r.apply(put_of(std::string{'x', b}, ++v));
      r.apply(put_of(std::string{b, '\0', b}, ++v));
    }
    // As long as names may be, alike but for their last bytes.
    for (int c = 0; c < 256; ++c) {
      auto name = std::string(limits::name_bytes_max, '\0');
      name.back() = static_cast<char>(c);
      r.apply(put_of(name, ++v));
      name.pop_back();
      name.back() = static_cast<char>(c);
      r.apply(put_of(name, ++v));
    }
    for (int i = 0; i < 5'000; ++i) {
      std::string name(1 + below(random, 4), '\0');
      for (auto& b : name) b = static_cast<char>(below(random, 256));
      r.apply(below(random, 3) != 0 ? put_of(name, ++v) : op_of(op_kind::del, name, ++v));
    }
    BOOST_CHECK(holds(r.index, r.state));
    check_sums(r.index, r.state);
    BOOST_CHECK(!r.index.find(std::string(limits::name_bytes_max + 1, '\0')));
  }
}

BOOST_AUTO_TEST_CASE(snapshots_share_what_did_not_change) {
  constexpr std::uint64_t count = 64 * 64;
  block_index index;
  load_ascending(index, count);
  const auto before = live_allocations();
  std::vector<index_snapshot> snapshots;
  for (std::uint64_t i = 0; i < 50; ++i) {
    snapshots.push_back(index.snapshot());
    index.apply(put_of(numbered(i * 80), count + i + 1).get(), 0, [](const block_ref&) {});
  }
  // Per snapshot the path to one block (two nodes or three) and the block it replaced.
  BOOST_CHECK_LE(live_allocations() - before, 50 * (3 + 3 + 2 + 1) + 20);
  // Many changes after one snapshot copy each node once.
  const auto one = index.snapshot();
  const auto held = live_allocations();
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t i = 0; i < 64; ++i)
      index.apply(put_of(numbered(i), 10'000).get(), 0, [](const block_ref&) {});
  BOOST_CHECK_LE(live_allocations() - held, 64 + 3 * 4);
  BOOST_CHECK(one.find(numbered(1))->ver() == version{2});
}

BOOST_AUTO_TEST_CASE(an_index_may_be_moved_and_its_snapshots_stay) {
  rig r;
  for (std::uint64_t i = 0; i < 1'000; ++i) r.apply(put_of(numbered(i), i + 1));
  const auto snapshot = r.index.snapshot();
  const auto state = r.state;
  auto moved = std::move(r.index);
  BOOST_CHECK(holds(moved, state));
  moved.apply(op_of(op_kind::clear, "", 5'000).get(), 1, [](const block_ref&) {});
  BOOST_CHECK(holds(snapshot, state));
  r.index = std::move(moved);
  BOOST_CHECK_EQUAL(r.index.size(), 0U);
}

BOOST_AUTO_TEST_CASE(an_op_of_no_kind_is_a_broken_invariant) {
  block_index index;
  auto o = put_of("a", 1);
  o.kind = static_cast<op_kind>(9);
  BOOST_CHECK_THROW(index.apply(o.get(), 0, [](const block_ref&) {}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(dense_bytes_are_those_of_values_with_their_alignment) {
  block_index index;
  const auto put = [&](const std::string& name, std::uint64_t length) {
    index.apply(put_of(name, 1, {{{layout::data_start, length}, {}}}).get(), 0,
                [](const block_ref&) {});
  };
  put("packed", 100);
  BOOST_TEST(index.dense_bytes() == 128U);
  put("on pages", limits::packed_value_bytes_end + 1);
  BOOST_TEST(index.dense_bytes() == 128 + limits::packed_value_bytes_end + page_size);
  put("packed", 65);
  BOOST_TEST(index.dense_bytes() == 128 + limits::packed_value_bytes_end + page_size);
  index.apply(op_of(op_kind::del, "on pages", 2).get(), 0, [](const block_ref&) {});
  BOOST_TEST(index.dense_bytes() == 128U);
}

BOOST_AUTO_TEST_SUITE_END()
