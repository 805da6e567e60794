// Seeds of the simulation. A failing one is replayed by `stowage-sim --seed N`, and cut down by `--shrink`.
#include <stowage/storage/core/invariant.hpp>
#include <stowage/tests/support/actors/simulation.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

/// Each part is a test of its own, so that they run side by side.
void run_part(std::uint64_t part) {
  const auto count = by_size<std::uint64_t>(10, 250, 25'000);
  simulation_report sum;
  for (auto seed = part * 1'000'000 + 1; seed <= part * 1'000'000 + count; ++seed) {
    BOOST_TEST_CONTEXT("stowage-sim --seed " << seed) {
      simulation_options how;
      how.seed = seed;
      const auto said = simulate(how);
      for (const auto& v : said.violations) BOOST_ERROR(v);
      sum.lives += said.lives;
      sum.steps += said.steps;
      sum.writes += said.writes;
      sum.reads += said.reads;
      sum.power_losses += said.power_losses;
      sum.failed_devices += said.failed_devices;
      sum.crashed_recoveries += said.crashed_recoveries;
      sum.compactions += said.compactions;
      sum.cuts += said.cuts;
      sum.verifications += said.verifications;
      sum.clears += said.clears;
      sum.blocks_expired += said.blocks_expired;
      sum.changes_told += said.changes_told;
    }
  }
  BOOST_TEST_MESSAGE(
      count << " seeds: " << sum.steps << " steps, " << sum.lives << " lives, " << sum.writes
            << " writes, " << sum.reads << " reads and lists, " << sum.power_losses
            << " power losses, " << sum.failed_devices << " failed devices, "
            << sum.crashed_recoveries << " crashed recoveries, " << sum.compactions
            << " compactions, " << sum.cuts << " cuts, " << sum.verifications << " verifications, "
            << sum.clears << " clears, " << sum.blocks_expired
            << " blocks removed when they had expired, " << sum.changes_told << " changes told");
  // It has to have been exciting.
  BOOST_TEST(sum.lives > 2 * count);
  BOOST_TEST(sum.writes > 500 * count);
  BOOST_TEST(sum.power_losses > count);
  BOOST_TEST(sum.failed_devices > 0U);
  BOOST_TEST(sum.crashed_recoveries > 0U);
  BOOST_TEST(sum.compactions > count);
  BOOST_TEST(sum.cuts > 0U);
  BOOST_TEST(sum.verifications > count / 4);
  BOOST_TEST(sum.clears > count);
  BOOST_TEST(sum.blocks_expired > count / 4);
  BOOST_TEST(sum.changes_told > 100 * count);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(seeds)

BOOST_AUTO_TEST_CASE(part_0) { run_part(0); }
BOOST_AUTO_TEST_CASE(part_1) { run_part(1); }
BOOST_AUTO_TEST_CASE(part_2) { run_part(2); }
BOOST_AUTO_TEST_CASE(part_3) { run_part(3); }
BOOST_AUTO_TEST_CASE(part_4) { run_part(4); }
BOOST_AUTO_TEST_CASE(part_5) { run_part(5); }
BOOST_AUTO_TEST_CASE(part_6) { run_part(6); }
BOOST_AUTO_TEST_CASE(part_7) { run_part(7); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(the_same_seed_has_the_same_trace) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    simulation_options how;
    how.seed = seed;
    how.steps_max = 600;
    const auto once = simulate(how).trace_hash;
    BOOST_TEST(simulate(how).trace_hash == once);
    hashes.insert(once);
  }
  BOOST_TEST(hashes.size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_shorter_run_is_a_prefix) {
  simulation_options how;
  how.seed = 3;
  how.steps_max = 700;
  const auto whole = simulate(how);
  how.steps_max = 100;
  const auto prefix = simulate(how);
  BOOST_TEST(prefix.steps == 100U);
  BOOST_TEST(prefix.writes < whole.writes);
  BOOST_TEST(prefix.violations.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(oracle)

namespace {

bool tells(const simulation_report& said, const std::string& what) {
  return std::ranges::any_of(said.violations,
                             [&](const auto& v) { return v.find(what) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_actor_that_finds_an_invariant_broken_is_a_violation) {
  constexpr std::array calls{device_call::read, device_call::write, device_call::sync};
  std::uint64_t broken = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      bool is_broken = false;
      std::uint64_t steps = 0;
      simulation_options how;
      how.seed = seed;
      how.steps_max = 200;
      how.before_step = [&](store_fixture& f) {
        if (++steps < 50 || is_broken) return;
        f.rig->meanwhile(calls[seed % calls.size()], [&] {
          is_broken = true;
          invariant(false, "by the test");
        });
      };
      const auto said = simulate(how);
      BOOST_TEST(tells(said, "an actor ended") == is_broken);
      if (is_broken) ++broken;
    }
  }
  BOOST_TEST(broken > 20U);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_though_its_device_has_not_is_a_violation) {
  simulation_options how;
  how.seed = 2;
  how.steps_max = 200;
  how.failures = false;
  std::uint64_t steps = 0;
  how.before_step = [&](store_fixture& f) {
    if (++steps == 50)
      caf::anon_send_exit(caf::actor_cast<caf::actor>(f.peers.allocator), caf::exit_reason::kill);
  };
  BOOST_TEST(tells(simulate(how), "the store has failed, and its device has not"));
}

BOOST_AUTO_TEST_SUITE_END()
