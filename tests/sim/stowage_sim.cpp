// stowage-sim: runs seeds of the simulation, replays one exactly, and cuts a failing one down.
//
//   stowage-sim --seed 7              one seed; its trace hash is the same each time
//   stowage-sim --seed 1 --count 500  as many, from that one on
//   stowage-sim --seed 7 --shrink     the shortest run of that seed that still fails, with the fewest features
//
// Exit code: 0 without violations, 1 with, 2 for a wrong command line.
#include <stowage/tests/support/actors/simulation.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace stowage::test;

namespace {

struct command_line {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  std::uint64_t steps = 2000;
  std::uint64_t lives = 5;
  std::vector<std::string> without;
  bool shrink = false;
};

const std::vector<std::string>& features() {
  static const std::vector<std::string> all{"failures", "transactions", "put-many", "deletes",
                                            "lists",    "flushes",      "large",    "maintenance",
                                            "expiry",   "clears",       "watches"};
  return all;
}

simulation_options options_of(const command_line& how, std::uint64_t seed) {
  simulation_options out;
  out.seed = seed;
  out.steps_max = how.steps;
  out.lives_max = how.lives;
  for (const auto& f : how.without) {
    if (f == "failures") out.failures = false;
    if (f == "transactions") out.mix.transactions = false;
    if (f == "put-many") out.mix.put_many = false;
    if (f == "deletes") out.mix.deletes = false;
    if (f == "lists") out.mix.lists = false;
    if (f == "flushes") out.mix.flushes = false;
    if (f == "expiry") out.mix.expiry = false;
    if (f == "clears") out.mix.clears = false;
    if (f == "watches") out.mix.watches = false;
    if (f == "maintenance") out.mix.maintenance = false;
    if (f == "large") out.mix.value_bytes_end = 300;
  }
  return out;
}

std::string arguments_of(const command_line& how) {
  auto text = fmt::format("--seed {} --steps {} --lives {}", how.seed, how.steps, how.lives);
  for (const auto& f : how.without) text += " --without " + f;
  return text;
}

// -- one process, one command line --------------------------------------------------------------------

void run_seeds(const command_line& how) {
  for (auto seed = how.seed; seed < how.seed + how.count; ++seed) {
    const auto said = simulate(options_of(how, seed));
    fmt::print(
        "seed {}: trace {:016x}, {} steps, {} lives, {} writes, {} reads, {} power losses, {} "
        "failed devices, {} crashed recoveries, {} compactions, {} cuts, {} verifications, "
        "{} clears, {} expired, {} changes told\n",
        seed, said.trace_hash, said.steps, said.lives, said.writes, said.reads, said.power_losses,
        said.failed_devices, said.crashed_recoveries, said.compactions, said.cuts,
        said.verifications, said.clears, said.blocks_expired, said.changes_told);
    for (const auto& v : said.violations) BOOST_ERROR(fmt::format("seed {}: {}", seed, v));
  }
}

// Boost.Test is around it, because the fixtures check what they do with it.
int run_under_boost(const command_line& how, char* program) {
  static command_line chosen;
  chosen = how;
  const auto add_seeds = [] {
    boost::unit_test::framework::master_test_suite().add(
        BOOST_TEST_CASE_NAME([] { run_seeds(chosen); }, "seeds"));
    return true;
  };
  std::string quiet{"--report_level=no"};
  std::vector<char*> arguments{program, quiet.data()};
  const auto code = boost::unit_test::unit_test_main(add_seeds, static_cast<int>(arguments.size()),
                                                     arguments.data());
  return code == 0 ? 0 : 1;
}

// -- shrinking ----------------------------------------------------------------------------------------

// In a process of its own: a broken invariant or a crash is a failure to keep as well.
bool fails(const command_line& how) {
  auto text = "stowage-sim " + arguments_of(how);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t silence;
  ::posix_spawn_file_actions_init(&silence);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&silence, stream, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, "/proc/self/exe", &silence, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&silence);
  if (error != 0) throw std::runtime_error{"cannot start a run of its own"};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status != 0;
}

int shrink(command_line how) {
  how.shrink = false;
  how.count = 1;
  if (!fails(how)) {
    fmt::print("seed {} does not fail\n", how.seed);
    return 0;
  }
  for (const auto& f : features()) {
    auto simpler = how;
    simpler.without.push_back(f);
    if (fails(simpler)) how = std::move(simpler);
  }
  // Fewer steps are a prefix, so that the least number that fails can be searched for by halves; where
  // failing does not grow with the prefix, what is found still fails.
  std::uint64_t passes = 0;
  while (how.steps - passes > 1) {
    auto shorter = how;
    shorter.steps = passes + (how.steps - passes) / 2;
    if (fails(shorter))
      how = std::move(shorter);
    else
      passes = shorter.steps;
  }
  fmt::print("stowage-sim {}\n", arguments_of(how));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  command_line how;
  CLI::App app{"Simulates stores under chance: actors in any order, failing devices, crashes."};
  app.add_option("--seed", how.seed, "the first seed")->capture_default_str();
  app.add_option("--count", how.count, "how many seeds")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--steps", how.steps, "of all lives together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--lives", how.lives, "of one file")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--without", how.without, "leave a feature out; may be repeated")
      ->check(CLI::IsMember(features()));
  app.add_flag("--shrink", how.shrink, "cut the seed down to what still fails");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return how.shrink ? shrink(how) : run_under_boost(how, argv[0]);
}
