#include <stowage/storage/salvage.hpp>
#include <stowage/storage/snapshot_copy.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// One bit of a store has rotted, wherever: what is read is right or refused, and everything else is saved.

namespace {

/// A store that was closed in order, and all that anyone can know of it.
struct known_store {
  image bytes;
  superblock sb;
  store_state state;
  /// Everything that was ever written.
  std::map<std::pair<std::string, std::uint64_t>, shared_bytes> written;
  /// Records behind the newest checkpoint, and the names each changes.
  std::vector<std::pair<extent, std::set<std::string>>> newest_records;
  /// Bytes that something covers with a checksum, other than values.
  std::vector<extent> vouched;
  std::vector<extent> values;
};

std::vector<change> some_changes(std::mt19937_64& chance) {
  std::vector<change> changes;
  for (auto left = 1 + chance() % 5; left > 0; --left) {
    const auto name = "block " + std::to_string(chance() % 60);
    const auto sizes = std::vector<std::uint64_t>{0, 1, 100, 3000, 20'000, 70'000};
    if (chance() % 6 == 0)
      changes.push_back(erase(name));
    else
      changes.push_back(put(
          name, std::string(sizes[chance() % sizes.size()], static_cast<char>('a' + chance() % 26)),
          chance() % 3));
  }
  return changes;
}

known_store make_store(std::uint64_t seed) {
  std::mt19937_64 chance{seed};
  session s{new_store(seed)};
  known_store known;
  const auto commit = [&](int groups) {
    for (; groups > 0; --groups) {
      s.commit(some_changes(chance));
      for (const auto& [name, b] : s.state()) known.written[{name, b.ver.value}] = b.value;
    }
  };
  commit(40);
  s.checkpoint();
  commit(10);
  s.checkpoint();
  commit(10);
  s.commit({relocate(s.state().begin()->first)});
  s.close();
  known.bytes = s.bytes();
  known.state = s.state();
  known.sb = newest_superblock(known.bytes);

  for (const auto& r : records_of(known.bytes)) {
    std::set<std::string> names;
    (void)edited_body(r.body, [&](op& o, std::vector<chunk>&) { names.emplace(o.name); });
    known.newest_records.emplace_back(
        extent{r.offset, layout::record_header_bytes + r.header.body_bytes}, std::move(names));
    known.vouched.push_back(known.newest_records.back().first);
  }
  // Those that only the previous root needs.
  auto older = known.bytes;
  edit_superblock(older, [](superblock& sb) { sb.current = std::exchange(sb.previous, {}); });
  for (const auto& r : records_of(older))
    known.vouched.push_back({r.offset, layout::record_header_bytes + r.header.body_bytes});
  for (const auto slot : layout::superblock_offset)
    known.vouched.push_back({slot, layout::superblock_bytes});
  for (const auto& e : s.store().current_checkpoint()) known.vouched.push_back(e);
  known.vouched.push_back(known.sb.previous.manifest);
  s.store().index().for_each_from({}, [&](const block_ref& b) {
    for (const auto& c : b->chunks()) known.values.push_back(c.where);
    return true;
  });
  return known;
}

bool holds(const extent& e, std::uint64_t at) { return at >= e.offset && at < e.end(); }

/// The chunks that have the place in them, by block.
std::set<std::pair<std::string, std::uint64_t>> chunks_at(const block_index& index,
                                                          std::uint64_t at) {
  std::set<std::pair<std::string, std::uint64_t>> found;
  index.for_each_from({}, [&](const block_ref& b) {
    for (const auto& c : b->chunks())
      if (holds(c.where, at)) found.emplace(b->name(), c.where.offset);
    return true;
  });
  return found;
}

/// Every get is the right value of its version, or corrupt_block of the chunk that has the flip. In a state that
/// ends before damage in the journal, of any chunk: what stood there may have been superseded since.
std::string complaint_about_gets(const known_store& known, overlay_device& device,
                                 const recovered_store& opened, std::uint64_t at) {
  std::string complaint;
  const auto damaged = chunks_at(opened.index, at);
  opened.index.for_each_from({}, [&](const block_ref& b) {
    const std::string name{b->name()};
    const auto value = read_block(device, *b, opened.sb.hash_seed, 0, UINT64_MAX);
    if (value) {
      const auto written = known.written.find({name, b->ver().value});
      if (written == known.written.end() || written->second != *value)
        complaint = "a wrong value of " + name;
    } else {
      const auto place = value.error().offset.value_or(0);
      if (value.error().code != errc::corrupt_block || value.error().name != name ||
          !chunks_at(opened.index, place).contains({name, place}) ||
          !(opened.damage || damaged.contains({name, place})))
        complaint = "not named: " + describe(value.error());
    }
    if (value.ok() &&
        damaged.contains({name, b->chunks().empty() ? 0 : b->chunks()[0].where.offset}))
      complaint = "damage that a get did not see: " + name;
    return complaint.empty();
  });
  return complaint;
}

/// What stands in the store that salvage makes.
std::string complaint_about_salvage(const known_store& known, const image& bytes,
                                    std::uint64_t at) {
  overlay_device device{bytes};
  const auto found = salvage(device);
  if (!found) return "salvage: " + describe(found.error());
  if (device.changes() != 0) return "salvage wrote";

  const bool is_vouched_for =
      std::ranges::any_of(known.vouched, [at](const extent& e) { return holds(e, at); });
  if (is_vouched_for == found->damage.empty())
    return is_vouched_for ? "damage that is not told" : "told: " + describe(found->damage.front());

  memory_device target;
  auto copy = store_copy::begin(target, {{}, 1, {2, 3}});
  if (!copy) return describe(copy.error());
  std::set<std::pair<std::string, std::uint64_t>> lost;
  block_index index;
  found->index.for_each_from({}, [&](const block_ref& b) {
    index.apply(b->as_op(), 0, [](const block_ref&) {});
    return true;
  });
  snapshot_copy tour{index.snapshot(), found->hash_seed, *copy};
  while (!tour.is_over())
    if (auto done =
            tour.step(device, limits::mib,
                      [&](const failure& f) { lost.emplace(f.name, f.offset.value_or(0)); });
        !done)
      return describe(done.error());
  if (auto finished = copy->finish(found->last_version); !finished)
    return describe(finished.error());
  // Of blocks that the damaged record changed, the older value may be gone.
  std::set<std::string> excused;
  for (const auto& [where, names] : known.newest_records)
    if (holds(where, at)) excused.insert(names.begin(), names.end());
  const auto damaged = chunks_at(index, at);
  for (const auto& chunk : damaged)
    if (!lost.contains(chunk)) return "damage that is not told: " + chunk.first;
  for (const auto& chunk : lost)
    if (!damaged.contains(chunk) && !excused.contains(chunk.first)) return "told: " + chunk.first;
  for (const auto& [name, offset] : lost) excused.insert(name);
  const auto saved = recover(target, store_access::read_only);
  if (!saved) return "the copy: " + describe(saved.error());
  std::string complaint;
  for (const auto& [name, e] : known.state) {
    if (excused.contains(name)) continue;
    const auto b = saved->index.find(name);
    if (!b || b->ver() != e.ver || b->expires_at_ms() != e.expires_at_ms) return "lost: " + name;
    const auto value = read_block(target, *b, saved->sb.hash_seed, 0, UINT64_MAX);
    if (!value || *value != e.value) return "another value of " + name;
  }
  saved->index.for_each_from({}, [&](const block_ref& b) {
    const std::string name{b->name()};
    if (!known.state.contains(name) && !excused.contains(name)) complaint = "back again: " + name;
    return true;
  });
  return complaint;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bit_flips)

BOOST_AUTO_TEST_CASE(anywhere_are_seen_or_harmless_and_all_else_is_saved) {
  const auto flips = by_size<int>(300, 2000, 20'000);
  constexpr int flips_per_store = 100;
  int seen = 0;
  int done = 0;
  for (std::uint64_t seed = 1; done < flips; ++seed) {
    auto known = make_store(seed);
    const auto untouched = known.bytes;
    std::mt19937_64 chance{seed};
    std::vector<extent> used = known.vouched;
    used.insert(used.end(), known.values.begin(), known.values.end());
    for (int i = 0; i < flips_per_store && done < flips; ++i, ++done) {
      // Anywhere in the file, and more often where something lies.
      auto at = chance() % untouched.size();
      if (i % 4 != 0) {
        const auto& e = used[chance() % used.size()];
        at = e.offset + chance() % e.length;
      }
      const auto bit = static_cast<std::byte>(1U << chance() % 8);
      known.bytes[at] ^= bit;

      auto opened = open_to_read(known.bytes);
      auto complaint = opened.store ? complaint_about_gets(known, opened.device, *opened.store, at)
                                    : "refused: " + why(opened.store);
      if (opened.device.changes() != 0) complaint = "a reader wrote";
      if (complaint.empty()) complaint = complaint_about_salvage(known, known.bytes, at);
      if (opened.store && (opened.store->damage || !chunks_at(opened.store->index, at).empty()))
        ++seen;
      known.bytes[at] ^= bit;
      BOOST_TEST(complaint == "", "store " << seed << ", byte " << at << ", bit "
                                           << static_cast<int>(bit) << ": " << complaint);
      if (!complaint.empty()) return;
      BOOST_REQUIRE((known.bytes == untouched));
    }
  }
  BOOST_TEST(seen > flips / 4);
}

BOOST_AUTO_TEST_CASE(many_at_once_leave_right_values_or_none) {
  const auto rounds = by_size<int>(200, 1500, 20'000);
  int with_blocks = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto seed = static_cast<std::uint64_t>(round);
    static auto known = make_store(77);
    std::mt19937_64 chance{seed};
    auto bytes = known.bytes;
    if (chance() % 8 == 0) bytes.resize(chance() % bytes.size());
    for (auto left = 1 + chance() % 12; left > 0; --left) {
      // Mostly where metadata stand; bits, or all of a page.
      const auto& e = known.vouched[chance() % known.vouched.size()];
      const auto at =
          chance() % 4 == 0 ? chance() % known.bytes.size() : e.offset + chance() % e.length;
      if (at >= bytes.size()) continue;
      if (chance() % 3 != 0) {
        bytes[at] ^= static_cast<std::byte>(1U << chance() % 8);
        continue;
      }
      const auto page = round_down(at, page_size);
      const auto end = std::min<std::uint64_t>(page + page_size, bytes.size());
      std::ranges::fill(part(bytes, page, end - page), static_cast<std::byte>(chance()));
    }
    overlay_device device{bytes};
    const auto found = salvage(device);
    BOOST_TEST(device.changes() == 0U, "seed " << seed);
    if (!found) continue;
    with_blocks += found->index.size() > 0 ? 1 : 0;
    found->index.for_each_from({}, [&](const block_ref& b) {
      const std::string name{b->name()};
      const auto value = read_block(device, *b, found->hash_seed, 0, UINT64_MAX);
      if (!value) return true;
      const auto written = known.written.find({name, b->ver().value});
      BOOST_TEST((written != known.written.end() && written->second == *value),
                 "seed " << seed << ": a wrong value of " << name);
      return true;
    });
  }
  BOOST_TEST(with_blocks > rounds / 2);
}

BOOST_AUTO_TEST_SUITE_END()
