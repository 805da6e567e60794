// The file becomes about as long as what lives in it: which blocks move, who goes first, and that nothing is
// lost wherever it ends.
#include <stowage/actors/registry.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <utility>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t mib = limits::mib;

struct compacting : store_fixture {
  compacting() {
    // Only when asked to, but for the tests of that.
    options.compaction.start_above = 0;
    options.level = durability::accepted;
  }

  static std::string name_of_block(unsigned i) { return "block " + std::to_string(i); }

  /// `count` blocks of this size, with the versions they got.
  void fill(unsigned count, std::size_t bytes) {
    for (unsigned i = 0; i < count; ++i) {
      auto done = put_accepted(name_of_block(i), pattern(bytes, i));
      if (i % 200 == 199) run();
      written_[name_of_block(i)] = pattern(bytes, i);
    }
    flush_all();
  }
  void remove_all_but_each(unsigned nth, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      if (i % nth == 0) continue;
      (void)remove(name_of_block(i));
      written_.erase(name_of_block(i));
      if (i % 200 == 199) run();
    }
    flush_all();
  }
  void flush_all() {
    auto flushed = flush();
    run();
    BOOST_TEST_REQUIRE(flushed.code() == errc::none);
  }
  void check_contents() {
    const auto all = contents();
    BOOST_TEST(all.size() == written_.size());
    for (const auto& [name, value] : all) {
      const auto it = written_.find(name);
      BOOST_TEST_REQUIRE((it != written_.end() && it->second == value), name);
    }
  }
  std::map<std::string, version> versions() {
    std::map<std::string, version> out;
    auto page = list({}, {}, list_limit_max);
    run();
    for (const auto& b : page->blocks) out[b.name] = b.ver;
    return out;
  }
  /// After a crash.
  void rot_newest_root() {
    const auto sb = newest_superblock(image_);
    BOOST_TEST_REQUIRE(sb.previous.exists());
    image_[sb.current.manifest.offset] ^= std::byte{1};
  }
  [[nodiscard]] std::uint64_t cuts() const { return rig->count(device_call::resize); }

  std::map<std::string, std::string> written_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(compactions)

BOOST_FIXTURE_TEST_CASE(the_file_becomes_about_as_long_as_what_lives_in_it, compacting) {
  open();
  fill(3000, 20'000);
  remove_all_but_each(4, 3000);
  const auto before = versions();
  const auto done = compact();
  BOOST_TEST(done.unreadable_count == 0U);
  BOOST_TEST(done.blocks_moved > 0U);
  BOOST_TEST(done.file_bytes_before > 58 * mib);
  // 15 MB of values, the journal, checkpoints and the reserve.
  BOOST_TEST(done.file_bytes_after < 24 * mib);
  BOOST_TEST(done.file_bytes_after == status().file_bytes);
  BOOST_TEST(done.file_bytes_after == rig->size());
  BOOST_TEST(cuts() > 0U);
  check_contents();
  BOOST_TEST((versions() == before));
  const auto s = status();
  BOOST_TEST(s.compactions == 1U);
  BOOST_TEST(s.blocks_moved == done.blocks_moved);

  close();
  open();
  BOOST_TEST(was_clean);
  check_contents();
  BOOST_TEST((versions() == before));
}

BOOST_FIXTURE_TEST_CASE(what_was_cut_stays_gone_after_a_power_loss, compacting) {
  open();
  fill(1500, 20'000);
  remove_all_but_each(10, 1500);
  (void)compact();
  const auto length = rig->size();
  crash();
  open();
  check_contents();
  // Nothing was synced since the cut, so the length may have come back.
  BOOST_TEST(rig->size() >= length);
  BOOST_TEST(compact().file_bytes_after <= length + mib);
  BOOST_TEST(rig->size() <= length + mib);
}

BOOST_FIXTURE_TEST_CASE(a_power_loss_right_after_the_cut_finds_a_file_that_is_long_enough,
                        compacting) {
  open();
  fill(1500, 20'000);
  remove_all_but_each(10, 1500);
  auto compacted = ask_compact();
  while (cuts() == 0 && det.run_steps(1) > 0) {
  }
  BOOST_TEST_REQUIRE(cuts() == 1U);
  // The next sync makes the length durable; no superblock has gone with it.
  (void)put("after", "the cut", durability::durable);
  written_["after"] = "the cut";
  const auto syncs = rig->count(device_call::sync);
  while (rig->count(device_call::sync) == syncs && det.run_steps(1) > 0) {
  }
  crash();
  open();
  check_contents();
}

// A put behind each of its checkpoints, the newest root gone. (That a record announces an area which is then left is too
// rare to be met here: `both_roots_begin_behind_each_move_of_the_journal` sees to that.)
BOOST_AUTO_TEST_CASE(the_root_before_the_last_is_a_way_back_after_a_cut_beside_a_client) {
  for (std::uint64_t n = 1; n <= 8; ++n) {
    compacting f;
    f.open();
    f.fill(1500, 20'000);
    f.remove_all_but_each(10, 1500);
    const auto before = f.status().checkpoints;
    auto compacted = f.ask_compact();
    while (!compacted.arrived() && f.status().checkpoints < before + n) (void)f.det.run_steps(5);
    (void)f.put("beside it", "by a client", durability::durable);
    f.written_["beside it"] = "by a client";
    f.run();
    BOOST_TEST(compacted.code() == errc::none);
    const auto length = f.rig->size();
    f.crash();
    f.rot_newest_root();
    BOOST_TEST_CONTEXT("a put behind checkpoint " << n << ", a file of " << length << " bytes") {
      f.open();
      f.check_contents();
    }
  }
}

BOOST_FIXTURE_TEST_CASE(sparse_pages_are_emptied, compacting) {
  open();
  fill(20'000, 100);
  // 32 of them share a page: one in 40 is left.
  remove_all_but_each(40, 20'000);
  const auto free_before = status().free_bytes;
  const auto file_before = status().file_bytes;
  const auto done = compact();
  // Those that the first cut left too high move a second time.
  BOOST_TEST(done.blocks_moved >= 500U);
  BOOST_TEST(done.blocks_moved <= 1000U);
  const auto gained = (status().free_bytes + file_before) - (free_before + done.file_bytes_after);
  BOOST_TEST(gained > mib);
  check_contents();
  // What lies close together stays where it is.
  BOOST_TEST(compact().blocks_moved < 64U);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_has_rotted_is_reported_and_left, compacting) {
  open();
  fill(2000, 20'000);
  remove_all_but_each(10, 2000);
  const auto rotten = name_of_block(1990);
  // Its bytes, behind the store's back: the last run of its first 64 bytes.
  const auto image = rig->image();
  const auto value = pattern(20'000, 1990);
  const auto* begin = reinterpret_cast<const std::byte*>(value.data());
  const auto found = std::search(image.begin(), image.end(), begin, begin + value.size());
  BOOST_REQUIRE(found != image.end());
  rig->flip_byte(static_cast<std::uint64_t>(found - image.begin()) + 777);

  const auto done = compact();
  BOOST_TEST(done.unreadable_count == 1U);
  BOOST_TEST_REQUIRE(done.unreadable.size() == 1U);
  BOOST_TEST(done.unreadable.front().code == errc::corrupt_block);
  BOOST_TEST(done.unreadable.front().name == rotten);
  // Never healed with a checksum of the rotten bytes.
  BOOST_TEST(value_of(rotten) == "!corrupt_block");
  written_[rotten] = "!corrupt_block";
  check_contents();
  // It lies above where the file was to end, so that was not cut. Overwritten, it is in nobody's way.
  (void)put(rotten, "new", durability::durable);
  run();
  written_[rotten] = "new";
  BOOST_TEST(compact().file_bytes_after < done.file_bytes_after);
  check_contents();
}

BOOST_FIXTURE_TEST_CASE(writes_that_come_meanwhile_win, compacting) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    open();
    fill(1000, 20'000);
    remove_all_but_each(3, 1000);
    det.shuffle(seed);
    std::mt19937_64 random{seed};
    auto compacted = ask_compact();
    unsigned round = 0;
    while (!compacted.arrived() && round < 5000) {
      (void)det.run_steps(random() % 40);
      const auto name = name_of_block(static_cast<unsigned>(random() % 100 * 3));
      if (random() % 4 == 0) {
        (void)remove(name);
        written_.erase(name);
      } else {
        auto value = pattern(random() % 30'000, ++round + 10'000);
        written_[name] = value;
        (void)put(name, std::move(value), durability::durable);
      }
      advance(1ms);
    }
    run();
    BOOST_TEST(compacted.code() == errc::none);
    check_contents();
    const auto newest = versions();
    crash();
    open();
    check_contents();
    BOOST_TEST((versions() == newest));
    for (const auto& [name, value] : written_) (void)remove(name);
    flush_all();
    written_.clear();
    close();
  }
}

BOOST_FIXTURE_TEST_CASE(a_read_under_way_is_not_disturbed, compacting) {
  // "Relocation seen as corruption": the bytes of the old place may be gone when they are read.
  open();
  fill(1000, 20'000);
  remove_all_but_each(3, 1000);
  det.shuffle(7);
  std::mt19937_64 random{7};
  auto compacted = ask_compact();
  std::vector<std::pair<std::string, answer<block_value>>> reads;
  while (!compacted.arrived() && reads.size() < 20'000) {
    const auto name = name_of_block(static_cast<unsigned>(random() % 333 * 3));
    reads.emplace_back(name, get(name));
    (void)det.run_steps(random() % 8);
    // Others write where blocks were moved away from.
    if (random() % 8 == 0) (void)put_accepted("other", pattern(100'000, 1));
  }
  run();
  BOOST_TEST(compacted.code() == errc::none);
  BOOST_TEST(reads.size() > 100U);
  for (auto& [name, got] : reads) BOOST_TEST_REQUIRE((got->value.text() == written_[name]), name);
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_is_slow_to_let_go_does_not_keep_the_file_long, compacting) {
  open();
  fill(1000, 20'000);
  remove_all_but_each(10, 1000);
  // A reader that is at a block while it is moved, and lets it go when no more groups come.
  const caf::scoped_actor reader{det.system()};
  const auto wanted = std::make_shared<std::vector<block_ref>>();
  const auto names = std::make_shared<index_snapshot>();
  std::vector<std::shared_ptr<const pinned_block>> held;
  const auto registry = caf::actor_cast<registry_actor>(store);
  auto state = compat::request(reader.ptr(), registry, newest_state_request{});
  run();
  std::move(state).receive([&](const newest_state& s) { *names = *s.state; },
                           [](const caf::error&) { BOOST_FAIL("the state"); });
  wanted->push_back(names->find(name_of_block(990)));
  auto pinned = compat::request(reader.ptr(), registry, pin_blocks{wanted});
  run();
  std::move(pinned).receive([&](const pinned_blocks& p) { held = p.blocks; },
                            [](const caf::error&) { BOOST_FAIL("the pin"); });
  BOOST_TEST_REQUIRE(held.size() == 1U);

  const auto superblocks = [this] {
    return std::ranges::count_if(rig->trace,
                                 [](const auto& o) { return o.range.offset < limits::mib / 8; });
  };
  const auto before = superblocks();
  auto compacted = ask_compact();
  // Up to the first of the two checkpoints.
  while (superblocks() == before && det.step()) {
  }
  BOOST_TEST(!compacted.arrived());
  held.clear();
  run();
  // It had 50.
  BOOST_TEST(compacted->file_bytes_after < 16 * mib);
  check_contents();
}

BOOST_FIXTURE_TEST_CASE(what_clients_need_goes_before_the_cut, compacting) {
  open();
  fill(2000, 20'000);
  remove_all_but_each(10, 2000);
  auto compacted = ask_compact();
  // As soon as blocks move, more is written than the ceiling has room for.
  while (!compacted.arrived() && status().blocks_moved == 0) (void)det.run_steps(20);
  for (unsigned i = 0; i < 30; ++i) {
    (void)put("large " + std::to_string(i), pattern(mib, i), durability::accepted);
    written_["large " + std::to_string(i)] = pattern(mib, i);
  }
  run();
  BOOST_TEST(compacted.code() == errc::none);
  flush_all();
  check_contents();
  const auto s = status();
  BOOST_TEST(s.state == "open");
  // The next one finds nothing in its way.
  BOOST_TEST(compact().file_bytes_after < 44 * mib);
  check_contents();
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_it_makes_room, compacting) {
  capacity = 16 * mib;
  open();
  unsigned taken = 0;
  for (;; ++taken) {
    auto done = put(name_of_block(taken), pattern(1000, taken), durability::durable);
    if (taken % 50 == 49) run();
    if (taken % 50 == 49 && done.code() != errc::none) break;
    written_[name_of_block(taken)] = pattern(1000, taken);
    BOOST_TEST_REQUIRE(taken < 30'000U);
  }
  // Whatever was refused at the end is not there.
  for (auto it = written_.begin(); it != written_.end();)
    it = value_of(it->first) == "-" ? written_.erase(it) : std::next(it);
  // Of the four blocks of each page one stays, so no page becomes free.
  remove_all_but_each(4, taken + 1);
  std::erase_if(written_, [&](const auto& entry) { return value_of(entry.first) == "-"; });
  const auto unused = [this] { return status().free_bytes + status().leased_bytes; };
  const auto unused_before = unused();
  const auto done = compact();
  BOOST_TEST(done.blocks_moved > 100U);
  // There is more room in a file that is shorter than before.
  BOOST_TEST(done.file_bytes_after < done.file_bytes_before);
  BOOST_TEST(unused() + done.file_bytes_before - done.file_bytes_after > unused_before + 2 * mib);
  check_contents();
  auto again = put("again", pattern(mib, 1), durability::durable);
  run();
  BOOST_TEST(again.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(it_begins_by_itself_above_the_amplification, compacting) {
  options.compaction.start_above = 1.5;
  open();
  fill(4000, 20'000);
  BOOST_TEST(status().compactions == 0U);
  remove_all_but_each(4, 4000);
  // It is looked for while the journal grows.
  for (unsigned i = 0; status().compactions == 0 && i < 2000; ++i) {
    (void)put("journal", "grows", durability::durable);
    run();
  }
  const auto s = status();
  BOOST_TEST(s.compactions == 1U);
  BOOST_TEST(s.file_bytes < 40 * mib);
  written_["journal"] = "grows";
  check_contents();
}

BOOST_FIXTURE_TEST_CASE(the_file_stays_within_the_amplification, compacting) {
  options.compaction.start_above = 1.5;
  open();
  constexpr unsigned blocks = 40'000;
  constexpr std::size_t value_bytes = 4096;
  fill(blocks, value_bytes);
  std::mt19937_64 random{7};
  std::uint64_t highest = 0;
  for (unsigned overwritten = 0; overwritten < 3 * blocks; ++overwritten) {
    const auto i = static_cast<unsigned>(random() % blocks);
    written_[name_of_block(i)] = pattern(value_bytes, overwritten);
    (void)put_accepted(name_of_block(i), pattern(value_bytes, overwritten));
    if (overwritten % 1000 != 999) continue;
    flush_all();
    highest = std::max(highest, status().file_bytes);
  }
  BOOST_TEST(highest <= blocks * value_bytes * 3 / 2);
  check_contents();
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_dense_is_left_alone, compacting) {
  options.compaction.start_above = 1.5;
  open();
  // Values that their alignment makes six times as large.
  fill(20'000, 10);
  for (unsigned i = 0; i < 600; ++i) {
    (void)put("journal", "grows", durability::durable);
    run();
  }
  BOOST_TEST(status().compactions == 0U);
}

BOOST_FIXTURE_TEST_CASE(all_who_ask_are_answered, compacting) {
  open();
  fill(1000, 20'000);
  remove_all_but_each(10, 1000);
  auto first = ask_compact();
  auto second = ask_compact();
  auto third = ask_compact();
  auto checkpointed = ask_checkpoint();
  run();
  BOOST_TEST(first.code() == errc::none);
  BOOST_TEST(second.code() == errc::none);
  BOOST_TEST(third.code() == errc::none);
  BOOST_TEST(checkpointed.code() == errc::none);
  // Those that came while one ran share the next.
  BOOST_TEST(status().compactions == 2U);
  BOOST_TEST(second->file_bytes_before == third->file_bytes_before);
}

BOOST_FIXTURE_TEST_CASE(a_close_does_not_wait_for_the_end_of_it, compacting) {
  for (const std::size_t steps : {0U, 5U, 50U, 200U, 500U}) {
    written_.clear();
    open();
    fill(1000, 20'000);
    remove_all_but_each(10, 1000);
    auto compacted = ask_compact();
    (void)det.run_steps(steps);
    auto closed = ask_close();
    run();
    advance(1s);
    BOOST_TEST(closed.code() == errc::none);
    BOOST_TEST(compacted.arrived());
    BOOST_TEST((compacted.code() == errc::none || compacted.code() == errc::closed));
    drop();
    open();
    BOOST_TEST(was_clean);
    check_contents();
    for (const auto& [name, value] : written_) (void)remove(name);
    flush_all();
    close();
  }
}

BOOST_FIXTURE_TEST_CASE(a_device_that_fails_under_it_poisons, compacting) {
  for (const auto call : {device_call::write, device_call::sync}) {
    for (const std::uint64_t nth : {1U, 2U, 5U, 20U}) {
      BOOST_TEST_CONTEXT("call " << static_cast<int>(call) << ", number " << nth) {
        store_fixture& f = *this;
        open();
        fill(300, 20'000);
        remove_all_but_each(10, 300);
        rig->fail_next(call, EIO, nth);
        auto compacted = f.ask_compact();
        run();
        BOOST_TEST(compacted.arrived());
        if (compacted.code() != errc::none) {
          BOOST_TEST(status().state == "poisoned");
        }
        crash();
        open();
        check_contents();
        for (const auto& [name, value] : written_) (void)remove(name);
        flush_all();
        written_.clear();
        close();
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(what_it_moves_is_not_kept_in_memory, compacting) {
  open();
  fill(1000, 20'000);
  remove_all_but_each(10, 1000);
  BOOST_TEST(compact().blocks_moved > 0U);
  BOOST_TEST(status().cache_entries == 0U);
  check_contents();
  BOOST_TEST(status().cache_entries > 0U);
}

BOOST_FIXTURE_TEST_CASE(a_cut_that_fails_costs_nothing, compacting) {
  open();
  fill(1000, 20'000);
  remove_all_but_each(10, 1000);
  rig->fail_next(device_call::resize, EIO);
  auto compacted = ask_compact();
  run();
  BOOST_TEST(compacted.code() == errc::io_error);
  BOOST_TEST(status().state == "open");
  put_durable("and on");
  written_["and on"] = "v";
  check_contents();
  crash();
  open();
  check_contents();
  BOOST_TEST(compact().file_bytes_after < 12 * mib);
}

// Wherever power goes while blocks move, the journal leaves its area and the file is cut.
BOOST_FIXTURE_TEST_CASE(a_power_loss_at_any_moment_loses_nothing, compacting) {
  open();
  fill(400, 20'000);
  remove_all_but_each(5, 400);
  close();
  std::size_t steps = 0;
  for (bool is_over = false; !is_over; steps += 3) {
    BOOST_TEST_CONTEXT("power loss after " << steps << " messages") {
      open();
      auto compacted = ask_compact();
      is_over = det.run_steps(steps) < steps;
      crash();
      open();
      check_contents();
      // Once more, and then as it was: blocks apart from each other at the end of a long file.
      drop();
      open();
      fill(400, 20'000);
      remove_all_but_each(5, 400);
      close();
    }
  }
  BOOST_TEST(steps > 100U);
}

BOOST_AUTO_TEST_SUITE_END()
