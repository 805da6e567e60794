// kill -9 of a program at work on a store. A failing seed is run again by `stowage-crash kill --seed N`.
#include <stowage/tests/support/processes/kill_cycles.hpp>
#include <stowage/tests/support/stored_state.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace stowage::test;

namespace {

kill_options options_in(const temporary_directory& directory, std::uint64_t seed) {
  kill_options how;
  how.driver = STOWAGE_CRASH_DRIVER;
  how.stowage = STOWAGE_BINARY;
  how.directory = directory.path();
  how.seed = seed;
  return how;
}

/// Each part is a test of its own, so that they run side by side. A store lives through ten cycles.
void run_part(std::uint64_t part) {
  const auto stores = by_size<std::uint64_t>(1, 5, 1000);
  kill_report sum;
  // Of a few lives none may have ended at work: then as many others have to.
  const auto goes_on = [&](std::uint64_t done) {
    return done < stores || (sum.killed_working == 0 && done < 10 * stores);
  };
  for (std::uint64_t done = 0; goes_on(done); ++done) {
    const auto seed = part * 1'000'000 + 1 + done;
    temporary_directory directory;
    auto how = options_in(directory, seed);
    how.cycles = by_size<std::uint64_t>(5, 10, 10);
    const auto said = run_kill_cycles(how);
    for (const auto& v : said.violations) BOOST_ERROR(v);
    if (!said.violations.empty()) {
      BOOST_ERROR("again: stowage-crash kill --seed " << seed << "; what it left is in "
                                                      << directory.path());
      directory.keep();
    }
    sum += said;
  }
  BOOST_TEST_MESSAGE(stores << " stores: " << summary_of(sum));
  // It has to have been exciting.
  BOOST_TEST(sum.killed_working > 0U);
  BOOST_TEST(sum.durable_writes > 10 * sum.lives);
  if (stores == 1) return;
  BOOST_TEST(sum.killed_opening > 0U);
  BOOST_TEST(sum.killed_compacting > 0U);
  BOOST_TEST(sum.compactions > 0U);
  BOOST_TEST(sum.superblocks > 0U);
  if (stores < 100) return;
  BOOST_TEST(sum.killed_closing > 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kill)

BOOST_AUTO_TEST_CASE(part_0) { run_part(0); }
BOOST_AUTO_TEST_CASE(part_1) { run_part(1); }

BOOST_AUTO_TEST_SUITE_END()

// What is wrong is found: the file is changed behind the checker's back.
BOOST_AUTO_TEST_SUITE(kill_is_checked)

BOOST_AUTO_TEST_CASE(a_store_that_goes_back_to_an_earlier_state) {
  temporary_directory directory;
  auto how = options_in(directory, 12);
  // Whatever a life made durable is lost, as soon as one made anything durable.
  const auto kept = directory / "kept";
  how.meddle = [&](const std::string& store, std::uint64_t) {
    if (!std::filesystem::exists(store)) return;
    if (!std::filesystem::exists(kept)) std::filesystem::copy_file(store, kept);
    std::filesystem::copy_file(kept, store, std::filesystem::copy_options::overwrite_existing);
  };
  const auto said = run_kill_cycles(how);
  BOOST_TEST(said.lives > 1U);
  BOOST_TEST(!said.violations.empty());
}

BOOST_AUTO_TEST_CASE(a_rotten_value) {
  temporary_directory directory;
  auto how = options_in(directory, 12);
  how.meddle = [](const std::string& store, std::uint64_t) {
    if (!std::filesystem::exists(store)) return;
    const auto state = read_stored_state(store);
    BOOST_TEST_REQUIRE(state.ok());
    if (state->blocks.empty()) return;
    // The bytes that a stamp begins its value with.
    std::ifstream in{store, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    const auto at = bytes.find(state->blocks.begin()->second.value + "\n");
    BOOST_TEST_REQUIRE(at != std::string::npos);
    std::fstream out{store, std::ios::binary | std::ios::in | std::ios::out};
    out.seekp(static_cast<std::streamoff>(at));
    out.put('x');
  };
  BOOST_TEST(!run_kill_cycles(how).violations.empty());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_gone) {
  temporary_directory directory;
  auto how = options_in(directory, 12);
  how.meddle = [](const std::string& store, std::uint64_t) { std::filesystem::remove(store); };
  BOOST_TEST(!run_kill_cycles(how).violations.empty());
}

BOOST_AUTO_TEST_SUITE_END()
