// What earlier write-behind caches did wrong on the write path: one test for each weakness, named after it.
//
// Each drives a whole store and looks at it from outside; the suites of the layers look closer.
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <set>

using namespace stowage;
using namespace stowage::test;

namespace {

struct write_behind : store_fixture {
  write_behind() {
    options.level = durability::accepted;
    // What compaction does is compaction_test's.
    options.compaction.start_above = 0;
    open();
  }

  /// Runs `what` inside each sync from now on, as long as the fixture's system runs.
  void during_each_sync(std::function<void()> what) {
    during_ = std::move(what);
    rig->meanwhile(device_call::sync, [this] { look(); });
  }
  void stop_looking() { rig->meanwhile(device_call::sync, {}); }

  [[nodiscard]] std::uint64_t syncs() const { return rig->count(device_call::sync); }
  /// Extents written since `from` in the trace, without journal and superblocks.
  [[nodiscard]] std::vector<extent> written_at(std::size_t from) const {
    std::vector<extent> out;
    for (auto i = from; i < rig->trace.size(); ++i)
      if (rig->trace[i].writes_content()) out.push_back(rig->trace[i].range);
    return out;
  }

 private:
  void look() {
    during_();
    rig->meanwhile(device_call::sync, [this] { look(); });
  }
  std::function<void()> during_;
};

/// Large records, so that checkpoints come soon.
struct long_names : write_behind {
  static constexpr int long_names_count = 500;

  long_names() {
    close();
    options.batch.max_ops = long_names_count;
    open();
  }

  /// About half a MiB of journal: new values for the same names.
  void write_round() {
    ++rounds_;
    for (int i = 0; i < long_names_count; ++i) (void)put_accepted(long_name(i), last_value());
    run();
  }
  void write_until_checkpoints(std::uint64_t count) {
    while (status().checkpoints < count) {
      BOOST_REQUIRE(rounds_ < 40 * static_cast<int>(count));
      write_round();
    }
  }
  static std::string long_name(int i) { return std::string(1000, 'n') + std::to_string(i); }
  [[nodiscard]] std::string last_value() const { return "round " + std::to_string(rounds_); }

 private:
  int rounds_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(write_path)

BOOST_FIXTURE_TEST_CASE(a_flush_that_misses_the_batch_in_flight, write_behind) {
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i));
  std::optional<answer<void>> flushed;
  bool early = false;
  rig->meanwhile(device_call::sync, [&] {
    // Nothing is queued any more: the 50 are at the disk.
    flushed.emplace(flush());
    run();
    early = flushed->arrived();
  });
  run();
  BOOST_TEST(!early);
  BOOST_TEST(flushed->code() == errc::none);
  crash();
  open();
  BOOST_TEST(status().blocks == 50U);
}

BOOST_FIXTURE_TEST_CASE(a_timer_that_is_never_awaited, write_behind) {
  (void)put_accepted("k");
  run();
  advance(50ms);
  BOOST_TEST(syncs() == 1U);
  // It is armed again for the next batch, without anything else happening.
  (void)put_accepted("k");
  run();
  advance(50ms);
  BOOST_TEST(syncs() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_late_tick_that_closes_the_next_batch, write_behind) {
  (void)put_accepted("k");
  run();
  advance(30ms);
  for (int i = 0; i < 49; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(closed_by(close_cause::ops) == 1U);
  (void)put_accepted("next");
  run();
  advance(49ms);  // past the tick of the batch that has closed
  BOOST_TEST(status().ops_in_flight == 1U);
  advance(1ms);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_sort_that_swaps_two_writes_of_one_block, write_behind) {
  // Sizes that would sort them in every order.
  for (const auto size : {5000, 10, 300'000, 0, 70'000}) {
    (void)put_accepted("k", pattern(static_cast<std::size_t>(size), 7));
    (void)put_accepted("other", pattern(100, 1));
  }
  auto flushed = flush();
  run();
  BOOST_TEST((value_of("k") == pattern(70'000, 7)));
  crash();
  open();
  BOOST_TEST((value_of("k") == pattern(70'000, 7)));
}

BOOST_FIXTURE_TEST_CASE(a_write_error_that_leaves_callers_waiting, write_behind) {
  std::vector<answer<receipt>> waiting;
  for (int i = 0; i < 120; ++i)
    waiting.push_back(put("k" + std::to_string(i), "v", durability::durable));
  auto flushed = flush();
  rig->fail_next(device_call::write, EIO);
  run();
  for (auto& w : waiting) BOOST_TEST(!w.get().ok());
  BOOST_TEST(!flushed.get().ok());
  // And whoever comes later is answered as well.
  auto later = put("later", "v", durability::durable);
  auto later_flush = flush();
  run();
  BOOST_TEST(later.code() == errc::poisoned);
  BOOST_TEST(later_flush.code() == errc::poisoned);
}

BOOST_AUTO_TEST_CASE(a_bound_in_ops_but_not_in_bytes) {
  write_behind f;
  f.close();
  f.options.credit.max_bytes = 8 * limits::mib;
  f.open();
  std::uint64_t most = 0;
  f.during_each_sync([&] {
    f.run();
    most = std::max(most, f.status().bytes_in_flight);
  });
  std::vector<answer<receipt>> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(f.put_accepted("k" + std::to_string(i), pattern(limits::mib)));
  f.run();
  for (auto& a : all) BOOST_TEST(a.code() == errc::none);
  BOOST_TEST(most > 0U);
  BOOST_TEST(most <= 8 * limits::mib);
  f.stop_looking();
}

BOOST_FIXTURE_TEST_CASE(a_registry_that_is_published_before_the_data_exists, write_behind) {
  auto waiting = put("k", pattern(10'000), durability::durable);
  bool seen_early = false;
  rig->meanwhile(device_call::sync, [&] {
    run();
    seen_early = waiting.arrived();
    // Accepted, so it shows; but nothing durable refers to it, and the failing sync takes it back.
    BOOST_TEST((value_of("k") == pattern(10'000)));
    rig->fail_next(device_call::sync, EIO);
  });
  run();
  BOOST_TEST(!seen_early);
  BOOST_TEST(!waiting.get().ok());
  BOOST_TEST(value_of("k") == "-");
}

BOOST_FIXTURE_TEST_CASE(reads_that_do_not_see_what_is_queued, write_behind) {
  (void)put_durable("k", "old");
  (void)put_accepted("k", "queued");
  BOOST_TEST(value_of("k") == "queued");
  during_each_sync([&] { BOOST_TEST(value_of("k") == "queued"); });
  auto flushed = flush();
  run();
  BOOST_TEST(value_of("k") == "queued");
  stop_looking();
}

BOOST_FIXTURE_TEST_CASE(an_overwrite_in_place, write_behind) {
  (void)put_durable("k", pattern(100'000, 1));
  const auto before = rig->trace.size();
  const auto first = written_at(0);
  (void)put_durable("k", pattern(100'000, 2));
  for (const auto& w : written_at(before))
    for (const auto& old : first) BOOST_TEST(!w.overlaps(old));
}

BOOST_AUTO_TEST_CASE(an_old_extent_that_is_reused_in_the_same_call) {
  // Two blocks take turns: while the group of one is at the disk, the other one is written again. What it
  // had before may be reused when the new value is durable, not when it is accepted: so at every crash each
  // block has its last durable value or the one that was under way.
  const auto value = [](int n) {
    return std::string(3 * limits::mib, static_cast<char>('a' + n % 26));
  };
  for (int syncs = 2; syncs <= 9; ++syncs) {
    write_behind f;
    f.fault_seed = static_cast<std::uint64_t>(syncs);
    int written = 0;
    std::vector<answer<receipt>> waiting;
    const auto write_next = [&] {
      waiting.push_back(f.put(written % 2 == 0 ? "a" : "b", value(written), durability::durable));
      ++written;
    };
    write_next();
    f.run();
    f.during_each_sync([&] {
      if (written > syncs) f.rig->fail_next(device_call::sync, EIO);
      write_next();
    });
    write_next();
    f.run();
    std::map<char, int> durable;
    for (int n = 0; n < written; ++n)
      if (waiting[static_cast<std::size_t>(n)].get()) durable[n % 2 == 0 ? 'a' : 'b'] = n;
    BOOST_REQUIRE(durable.size() == 2U);
    f.stop_looking();
    f.crash();
    f.open();
    for (const auto& [name, last] : durable) {
      const auto found = f.value_of(std::string(1, name));
      BOOST_TEST((found == value(last) || found == value(last + 2)),
                 "after " << syncs << " syncs, block " << name << ": " << found.substr(0, 20));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_old_extent_that_is_reused_where_there_is_no_other) {
  // The same on a full device, where what an accepted write will supersede is nearly all that could be given out:
  // while a group is at the disk, one or two more writes are accepted, until a sync fails and the power goes.
  const auto name_of_block = [](int b) { return "b" + std::to_string(b); };
  const auto value = [](int n) {
    return std::to_string(n) + std::string(300 * limits::kib, static_cast<char>('a' + n % 26));
  };
  for (unsigned seed = 1; seed <= 8; ++seed) {
    write_behind f;
    f.close();
    f.fault_seed = seed;
    f.capacity = 14 * limits::mib;
    f.open();
    std::mt19937 random{seed};
    struct write {
      int block;
      int number;
      answer<receipt> outcome;
    };
    std::vector<write> all;
    const auto put_one = [&](int b) {
      const int n = static_cast<int>(all.size());
      all.push_back({b, n, f.put(name_of_block(b), value(n), durability::durable)});
    };
    int blocks = 0;
    do {
      put_one(blocks++);
      f.run();
    } while (all.back().outcome.get());
    BOOST_REQUIRE(blocks > 8);
    // One can be written again at a time.
    blocks -= 2;
    (void)f.remove(name_of_block(blocks), durability::durable);
    f.run();
    const auto any_block = [&] {
      return static_cast<int>(random() % static_cast<unsigned>(blocks));
    };
    int syncs_left = 12 + static_cast<int>(random() % 12);
    f.during_each_sync([&] {
      if (--syncs_left == 0) f.rig->fail_next(device_call::sync, EIO);
      for (auto more = 1 + random() % 2; more > 0; --more) put_one(any_block());
    });
    put_one(0);
    f.run();
    // Where everything was refused nothing was at the disk any more.
    for (int tries = 0; syncs_left > 0 && tries < 100; ++tries) {
      put_one(any_block());
      f.run();
    }
    BOOST_REQUIRE(syncs_left <= 0);
    f.stop_looking();
    std::map<int, int> last_durable;
    for (auto& w : all)
      if (w.block < blocks && w.outcome.get()) last_durable[w.block] = w.number;
    f.crash();
    f.open();
    for (const auto& [b, durable] : last_durable) {
      const auto found = f.value_of(name_of_block(b));
      const auto n = std::atoi(found.c_str());
      const bool fits = n >= durable && n < static_cast<int>(all.size()) &&
                        all[static_cast<std::size_t>(n)].block == b && found == value(n);
      BOOST_TEST(fits, "seed " << seed << ", " << name_of_block(b) << ": " << found.substr(0, 20)
                               << " after " << durable);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_mismatch_that_is_healed_by_storing_the_hash_of_the_rotten_bytes,
                        write_behind) {
  (void)put_durable("k", pattern(5000));
  rig->flip_byte(written_at(0).front().offset + 100);
  BOOST_TEST(value_of("k") == "!corrupt_block");
  BOOST_TEST(value_of("k") == "!corrupt_block");
  (void)put_durable("other");
  crash();
  open();
  BOOST_TEST(value_of("k") == "!corrupt_block");
  BOOST_TEST(value_of("other") == "v");
}

BOOST_FIXTURE_TEST_CASE(a_log_that_truncates_what_it_logs, write_behind) {
  // A group whose record is far larger than a page, and than the rest of its journal area.
  options.batch.max_ops = 65'536;
  close();
  open();
  for (int i = 0; i < 5000; ++i)
    (void)put_accepted(std::string(900, 'n') + std::to_string(i), "v" + std::to_string(i));
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  crash();
  open();
  BOOST_TEST(status().blocks == 5000U);
  BOOST_TEST(value_of(std::string(900, 'n') + "4999") == "v4999");
}

BOOST_FIXTURE_TEST_CASE(a_log_ring_that_overwrites_live_entries, write_behind) {
  // Several areas of journal, all of it newer than the last checkpoint.
  for (int i = 0; i < 1200; ++i)
    (void)put_durable("k" + std::to_string(i % 700), "v" + std::to_string(i));
  BOOST_TEST(status().checkpoints == 0U);
  crash();
  open();
  BOOST_TEST(status().blocks == 700U);
  for (int i = 500; i < 1200; ++i)
    BOOST_TEST_REQUIRE(value_of("k" + std::to_string(i % 700)) == "v" + std::to_string(i));
}

BOOST_FIXTURE_TEST_CASE(a_metadata_region_of_fixed_size, write_behind) {
  // It ended after 170 blocks.
  for (int i = 0; i < 5000; ++i) (void)put_accepted("k" + std::to_string(i));
  close();
  open();
  BOOST_TEST(status().blocks == 5000U);
}

BOOST_FIXTURE_TEST_CASE(a_name_over_31_bytes_that_fails_later, write_behind) {
  for (const std::size_t length : {31U, 32U, 33U, 255U, 256U, 1024U})
    (void)put_durable(std::string(length, 'n'), std::to_string(length));
  auto refused = put_accepted(std::string(1025, 'n'));
  run();
  BOOST_TEST(refused.code() == errc::limit_exceeded);
  crash();
  open();
  for (const std::size_t length : {31U, 32U, 33U, 255U, 256U, 1024U})
    BOOST_TEST(value_of(std::string(length, 'n')) == std::to_string(length));
}

BOOST_FIXTURE_TEST_CASE(a_shutdown_that_never_syncs, write_behind) {
  for (int i = 0; i < 20; ++i) (void)put_accepted("k" + std::to_string(i));
  auto closed = ask_close();
  run();
  BOOST_TEST(closed.code() == errc::none);
  // What a power loss right after the answer leaves.
  const auto left = rig->image_after_power_loss();
  drop();
  open();
  BOOST_TEST(was_clean);
  BOOST_TEST(status().blocks == 20U);
}

BOOST_FIXTURE_TEST_CASE(a_shutdown_that_swallows_errors, write_behind) {
  auto waiting = put("k", "v", durability::durable);
  (void)put_accepted("l");
  rig->fail_next(device_call::sync, EIO);
  auto closed = ask_close();
  run();
  BOOST_TEST(!waiting.get().ok());
  BOOST_TEST(!closed.get().ok());
  BOOST_TEST(closed.error().os_error == EIO);
}

BOOST_FIXTURE_TEST_CASE(a_rollback_that_undoes_nothing, write_behind) {
  const auto a = put_durable("a", "1");
  auto refused = commit(transaction{}
                            .put("a", payload{std::string{"2"}})
                            .remove("a")
                            .put("b", payload{std::string{"3"}})
                            .expect("a", version{a.value + 1}));
  run();
  BOOST_TEST(refused.code() == errc::conflict);
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(value_of("b") == "-");
  (void)put_durable("c");
  crash();
  open();
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(value_of("b") == "-");
}

BOOST_FIXTURE_TEST_CASE(a_block_without_bytes_that_fails, write_behind) {
  (void)put_durable("empty", "");
  (void)put_durable("full", "v");
  (void)put_durable("full", "");
  crash();
  open();
  BOOST_TEST(value_of("empty").empty());
  BOOST_TEST(value_of("full").empty());
  BOOST_TEST(status().blocks == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_deleted_block_that_a_queued_write_brings_back, write_behind) {
  (void)put_accepted("k", "queued");
  (void)remove("k");
  during_each_sync([&] { BOOST_TEST(value_of("k") == "-"); });
  auto flushed = flush();
  run();
  BOOST_TEST(value_of("k") == "-");
  // And across batches: the put is at the disk when the delete comes.
  (void)put_accepted("l", "queued");
  during_each_sync([&] {
    (void)remove("l");
    stop_looking();
  });
  flushed = flush();
  run();
  BOOST_TEST(value_of("l") == "-");
  flushed = flush();
  run();
  stop_looking();
  crash();
  open();
  BOOST_TEST(status().blocks == 0U);
}

BOOST_AUTO_TEST_CASE(space_that_is_refused_after_the_op_was_acknowledged) {
  store_fixture f;
  f.capacity = 24 * limits::mib;
  f.open();
  std::map<std::string, std::size_t> taken;
  for (int i = 0; i < 200; ++i) {
    const auto name = "k" + std::to_string(i % 90);
    auto done = f.put_accepted(name, pattern(400'000, static_cast<unsigned>(i)));
    f.run();
    if (done.get()) taken[name] = static_cast<std::size_t>(i);
  }
  auto flushed = f.flush();
  f.run();
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(taken.size() > 10U);
  BOOST_TEST(taken.size() < 90U);
  f.crash();
  f.open();
  for (const auto& [name, i] : taken)
    BOOST_TEST((f.value_of(name) == pattern(400'000, static_cast<unsigned>(i))));
}

BOOST_FIXTURE_TEST_CASE(a_checkpoint_root_that_skips_what_was_written_meanwhile, long_names) {
  // Every third sync, and so some while a checkpoint is written, finds another durable put under way.
  std::map<std::string, std::string> model;
  int syncs = 0;
  during_each_sync([&] {
    if (++syncs % 3 != 0) return;
    const auto name = "k" + std::to_string(syncs % 50);
    model[name] = std::to_string(syncs);
    (void)put(name, model[name], durability::durable);
  });
  write_until_checkpoints(2);
  stop_looking();
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(model.size() > 5U);
  crash();
  open();
  for (const auto& [name, value] : model) BOOST_TEST(value_of(name) == value);
  BOOST_TEST(value_of(long_name(7)) == last_value());
}

BOOST_FIXTURE_TEST_CASE(a_journal_area_that_is_freed_while_the_previous_root_still_needs_it,
                        long_names) {
  // The current checkpoint rots, when whatever was free has been written again.
  write_until_checkpoints(3);
  write_round();
  rig->set_capacity(rig->size());
  // Not the last of it: a full store makes checkpoints for the space they give.
  int filled = 0;
  for (auto s = status(); s.free_bytes > s.reserve_bytes + 512 * limits::kib; s = status()) {
    auto done =
        put("filled " + std::to_string(filled++), pattern(64 * limits::kib), durability::durable);
    run();
    BOOST_TEST_REQUIRE((done.code() == errc::none));
  }
  BOOST_TEST(filled > 0);
  BOOST_TEST(status().checkpoints == 3U);
  auto bytes = rig->image();
  const byte_view all{bytes};
  const auto elected =
      elect_superblock({all.subspan(layout::superblock_offset[0], layout::superblock_bytes),
                        all.subspan(layout::superblock_offset[1], layout::superblock_bytes)});
  BOOST_REQUIRE(elected.ok());
  bytes[elected->winner.current.manifest.offset] ^= std::byte{1};
  memory_device rotten{std::move(bytes)};
  const auto found = recover(rotten, store_access::read_write);
  BOOST_REQUIRE_MESSAGE(found.ok(), (found.ok() ? "" : describe(found.error())));
  BOOST_TEST(found->used_previous_root.has_value());
  BOOST_TEST(found->index.size() == static_cast<std::size_t>(long_names_count + filled));
  const auto block = found->index.find(long_name(7));
  BOOST_REQUIRE(static_cast<bool>(block));
  const auto value = read_block(rotten, *block, found->sb.hash_seed, 0, block->value_length());
  BOOST_REQUIRE(value.ok());
  BOOST_TEST(as_text(value->view()) == last_value());
}

BOOST_FIXTURE_TEST_CASE(a_second_syncing_thread_that_swallows_the_error, write_behind) {
  // A reader is at the device between the writes of a group and its sync, which fails.
  (void)put_durable("old");
  std::optional<answer<block_value>> read;
  rig->meanwhile(device_call::write, [&] {
    rig->fail_next(device_call::sync, EIO);
    read.emplace(get("old"));
    run();
  });
  auto waiting = put("k", "v", durability::durable);
  run();
  BOOST_TEST((read && read->code() == errc::none));
  BOOST_TEST(!waiting.get().ok());
  // Nor is it followed by one that succeeds, whoever asks for it.
  const auto asked = syncs();
  auto flushed = flush();
  auto again = put("k", "v", durability::durable);
  run();
  advance(1s);
  auto closed = ask_close();
  run();
  BOOST_TEST(!flushed.get().ok());
  BOOST_TEST(!again.get().ok());
  BOOST_TEST(!closed.get().ok());
  BOOST_TEST(syncs() == asked);
}

BOOST_FIXTURE_TEST_CASE(a_version_that_is_given_again_after_a_crash, write_behind) {
  std::set<std::uint64_t> given;
  for (int life = 0; life < 5; ++life) {
    std::vector<answer<receipt>> all;
    for (int i = 0; i < 10; ++i) all.push_back(put_accepted("k" + std::to_string(i)));
    run();
    for (auto& a : all) BOOST_TEST(given.insert(a->ver.value).second);
    if (life % 2 == 0) {
      auto flushed = flush();
      run();
    }
    crash();
    open();
  }
}

BOOST_AUTO_TEST_CASE(a_parked_put_that_a_later_delete_or_flush_overtakes) {
  store_fixture f;
  f.options.credit.max_ops = 2;
  f.options.batch.max_delay = 1h;
  f.open();
  (void)f.put_accepted("a");
  (void)f.put_accepted("b");
  auto parked = f.put_accepted("k", "parked");
  auto gone = f.remove("k", durability::accepted);
  auto flushed = f.flush();
  f.run();
  BOOST_TEST(parked->ver < gone->ver);
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(f.status().durable_version == gone->ver);
  f.crash();
  f.open();
  BOOST_TEST(f.value_of("k") == "-");
}

BOOST_AUTO_TEST_SUITE_END()
