// A device that is full: what is refused, what still passes, and that nothing accepted ever fails for it.
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <map>
#include <random>

using namespace stowage;
using namespace stowage::test;

namespace {

struct full_disk : store_fixture {
  full_disk() {
    capacity = 24 * limits::mib;
    open();
  }

  /// Puts blocks of this size until one is refused; answers how many were taken.
  int fill(std::size_t bytes, const std::string& prefix = "f") {
    for (int i = 0; i < 20'000; ++i) {
      auto done = put(prefix + std::to_string(i), pattern(bytes, static_cast<unsigned>(i)),
                      durability::durable);
      run();
      if (!done.get()) {
        BOOST_TEST(done.code() == errc::no_space);
        BOOST_TEST(done.error().name == prefix + std::to_string(i));
        return i;
      }
    }
    BOOST_FAIL("the disk never fills");
    return 0;
  }
  void check_open() {
    const auto s = status();
    BOOST_TEST_REQUIRE(s.state == "open", s.cause);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(space)

BOOST_FIXTURE_TEST_CASE(a_full_disk_refuses_before_it_accepts, full_disk) {
  const auto taken = fill(limits::mib);
  BOOST_TEST(taken >= 12);
  const auto s = status();
  BOOST_TEST(s.state == "open");
  BOOST_TEST(s.ops_in_flight == 0U);
  BOOST_TEST(s.last_version == s.durable_version);
  BOOST_TEST(s.file_bytes <= capacity);
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  for (int i = 0; i < taken; ++i)
    BOOST_TEST(
        (value_of("f" + std::to_string(i)) == pattern(limits::mib, static_cast<unsigned>(i))));
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_deletes_pass_and_writing_resumes, full_disk) {
  const auto taken = fill(limits::mib);
  for (int i = 0; i < 5; ++i) {
    auto gone = remove("f" + std::to_string(i));
    run();
    BOOST_TEST(gone.code() == errc::none);
  }
  for (int i = 0; i < 4; ++i) {
    auto again = put("again" + std::to_string(i), pattern(limits::mib), durability::durable);
    run();
    BOOST_TEST(again.code() == errc::none);
  }
  check_open();
  BOOST_TEST(value_of("f" + std::to_string(taken - 1)).size() == limits::mib);
  close();
  open();
  BOOST_TEST(value_of("again3").size() == limits::mib);
}

BOOST_FIXTURE_TEST_CASE(what_was_accepted_never_fails_for_space, full_disk) {
  // Accepted and not flushed: the refusal comes with the put, never with the flush.
  (void)fill(limits::mib);
  for (int i = 0; i < 6; ++i) (void)remove("f" + std::to_string(i), durability::accepted);
  (void)flush();
  run();
  std::vector<answer<receipt>> all;
  for (int i = 0; i < 400; ++i)
    all.push_back(put("s" + std::to_string(i), pattern(100'000), durability::accepted));
  run();
  std::size_t accepted = 0;
  for (auto& a : all) {
    if (a.get())
      ++accepted;
    else
      BOOST_TEST(a.code() == errc::no_space);
  }
  BOOST_TEST(accepted > 10U);
  BOOST_TEST(accepted < all.size());
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  check_open();
  crash();
  open();
  auto names = list("s");
  run();
  BOOST_TEST(names->blocks.size() == accepted);
}

BOOST_FIXTURE_TEST_CASE(a_small_put_behind_a_refused_large_one_passes, full_disk) {
  (void)fill(limits::mib);
  auto large = put_accepted("large", pattern(8 * limits::mib));
  auto small = remove("f0", durability::accepted);
  run();
  BOOST_TEST(large.code() == errc::no_space);
  BOOST_TEST(small.code() == errc::none);
  BOOST_TEST(value_of("large") == "-");
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_becomes_larger_is_used_without_a_reopen, store_fixture) {
  open();
  rig->set_capacity(rig->size());
  auto refused = put("k", pattern(64 * limits::mib - 1), durability::durable);
  run();
  BOOST_TEST(refused.code() == errc::no_space);
  rig->set_capacity(memory_device::unlimited);
  auto taken = put("k", pattern(64 * limits::mib - 1), durability::durable);
  run();
  BOOST_TEST(taken.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(overwriting_on_a_full_disk_never_poisons, full_disk) {
  (void)fill(limits::mib);
  (void)remove("f0");
  (void)remove("f1");
  run();
  for (int i = 0; i < 3000; ++i) {
    auto done = put("k", pattern(100, static_cast<unsigned>(i)), durability::durable);
    run();
    if (!done.get()) BOOST_TEST_REQUIRE(done.code() == errc::no_space);
  }
  check_open();
}

// -- the journal of a full disk ----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_device_full_of_small_blocks_refuses_and_stays_open, full_disk) {
  const auto taken = fill(4096);
  BOOST_TEST(taken > 500);
  for (int i = 0; i < taken; i += 2) {
    auto gone = remove("f" + std::to_string(i));
    run();
    BOOST_TEST_REQUIRE((gone.code() == errc::none || gone.code() == errc::no_space));
  }
  check_open();
  close();
  open();
  BOOST_TEST(was_clean);
}

BOOST_FIXTURE_TEST_CASE(fragmented_free_space_never_poisons, full_disk) {
  // Every other page is free: there is room, but no run for a journal area.
  for (int round = 0; round < 3; ++round) {
    std::vector<answer<receipt>> all;
    for (int i = 0; i < 6000; ++i)
      all.push_back(put("p" + std::to_string(i), pattern(4096), durability::accepted));
    run();
    (void)flush();
    run();
    for (int i = round % 2; i < 6000; i += 2)
      (void)remove("p" + std::to_string(i), durability::accepted);
    run();
    (void)flush();
    run();
    check_open();
  }
  for (int i = 0; i < 1500; ++i) {
    (void)put("k", "small", durability::durable);
    run();
  }
  check_open();
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_every_delete_passes, full_disk) {
  const auto taken = fill(4096);
  for (int i = 0; i < taken; i += 2) {
    auto gone = remove("f" + std::to_string(i));
    run();
    BOOST_TEST_REQUIRE(gone.code() == errc::none);
  }
  check_open();
  auto again = put("again", pattern(4096), durability::durable);
  run();
  BOOST_TEST(again.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(the_journal_of_a_full_disk_goes_on, full_disk) {
  // Overwriting one small block needs no space in the end, but many records.
  (void)fill(limits::mib);
  (void)remove("f0");
  (void)remove("f1");
  run();
  int refused = 0;
  for (int i = 0; i < 6000; ++i) {
    auto done = put("k", pattern(100, static_cast<unsigned>(i)), durability::durable);
    run();
    if (!done.get()) {
      BOOST_TEST_REQUIRE(done.code() == errc::no_space);
      ++refused;
    }
  }
  check_open();
  BOOST_TEST(refused == 0);
  BOOST_TEST(status().checkpoints >= 2U);
}

// -- random load --------------------------------------------------------------------------------------

namespace {

struct load_result {
  std::uint64_t puts_refused = 0;
  std::uint64_t deletes_refused = 0;
};

/// Puts and deletes on a device that is too small for them; what was accepted is there in the end.
load_result overload_device(std::uint64_t seed) {
  load_result result;
  store_fixture f;
  f.capacity = (12 + 4 * seed) * limits::mib;
  f.open();
  std::mt19937_64 chance{seed};
  std::map<std::string, std::size_t> model;
  for (int i = 0; i < 3000; ++i) {
    const auto name = "n" + std::to_string(chance() % 300);
    const auto level = chance() % 4 == 0 ? durability::durable : durability::accepted;
    if (chance() % 4 == 0) {
      auto gone = f.remove(name, level);
      f.run();
      if (gone.code() == errc::no_space)
        ++result.deletes_refused;
      else
        BOOST_TEST_REQUIRE(gone.code() == (model.erase(name) == 1 ? errc::none : errc::not_found));
    } else {
      const auto size = chance() % 3 == 0 ? chance() % 400'000 : chance() % 8000;
      auto done = f.put(name, pattern(size, seed), level);
      f.run();
      if (done.get()) {
        model[name] = size;
      } else {
        BOOST_TEST_REQUIRE(done.code() == errc::no_space);
        ++result.puts_refused;
      }
    }
    if (chance() % 10 == 0) f.advance(20ms);
  }
  const auto s = f.status();
  BOOST_TEST_REQUIRE(s.state == "open", s.cause);
  f.close();
  f.open();
  BOOST_TEST(f.status().blocks == model.size());
  for (const auto& [name, size] : model)
    BOOST_TEST_REQUIRE((f.value_of(name) == pattern(size, seed)));
  f.close();
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_small_device_under_random_load_is_never_poisoned) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto r = overload_device(seed);
      BOOST_TEST_MESSAGE("refused " << r.puts_refused << " puts, " << r.deletes_refused
                                    << " deletes");
      if (seed <= 3) BOOST_TEST(r.puts_refused > 0U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
