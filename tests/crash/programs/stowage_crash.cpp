// stowage-crash: the crash tests by hand: one again, or many.
//
//   stowage-crash kill --seed 7 --cycles 10 --count 50   stores that are killed again and again
//   stowage-crash sweep                                  every system call that can fail, failing
//   stowage-crash sweep --sample 300                     some of them, evenly spread
//   stowage-crash sweep --case import/pwritev/EIO/3      one of them
//   stowage-crash sweep --list
//
// Works in a temporary directory, which stays if something was wrong. Exit code: 0 nothing was wrong, 1
// something was, 2 for a wrong command line.
#include <stowage/tests/support/processes/kill_cycles.hpp>
#include <stowage/tests/support/processes/syscall_sweep.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace stowage::test;

namespace {

struct kill_command {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  std::uint64_t cycles = 10;
  std::uint64_t clients = 4;
};

int run_kills(const kill_command& what) {
  kill_report sum;
  for (auto seed = what.seed; seed < what.seed + what.count; ++seed) {
    temporary_directory directory;
    kill_options how;
    how.driver = STOWAGE_CRASH_DRIVER;
    how.stowage = STOWAGE_BINARY;
    how.directory = directory.path();
    how.seed = seed;
    how.cycles = what.cycles;
    how.clients = what.clients;
    const auto said = run_kill_cycles(how);
    for (const auto& v : said.violations) fmt::print("seed {}: {}\n", seed, v);
    if (!said.violations.empty()) {
      directory.keep();
      fmt::print("seed {}: what it left is in {}\n", seed, directory.path());
    }
    sum += said;
  }
  fmt::print("{} stores: {}\n", what.count, summary_of(sum));
  return sum.violations.empty() ? 0 : 1;
}

struct sweep_command {
  std::vector<std::string> names;
  std::size_t sample = std::numeric_limits<std::size_t>::max();
  bool list = false;
};

int run_sweep(const sweep_command& what) {
  temporary_directory directory;
  syscall_sweep sweep{{STOWAGE_BINARY, STOWAGE_CRASH_DRIVER, STOWAGE_SHORT_WRITES},
                      directory.path()};
  auto cases = sample_of(sweep.cases(), what.sample);
  if (!what.names.empty()) {
    cases.clear();
    for (const auto& n : what.names) {
      const auto one = sweep_case_from_name(n);
      if (!one) {
        fmt::print(stderr, "no case: {}\n", n);
        return 2;
      }
      cases.push_back(*one);
    }
  }
  if (what.list) {
    for (const auto& one : cases) fmt::print("{}\n", name_of(one));
    return 0;
  }
  sweep_report report;
  std::size_t told = 0;
  for (const auto& one : cases) {
    sweep.run(one, report);
    for (; told < report.violations.size(); ++told) fmt::print("{}\n", report.violations[told]);
    if (told > 0 && cases.size() == 1) directory.keep();
  }
  if (told > 0 && cases.size() == 1) fmt::print("what it left is in {}\n", directory.path());
  fmt::print("{} runs, in {} the fault came to pass; exit codes:", report.runs, report.injected);
  for (const auto& [code, count] : report.by_exit_code) fmt::print(" {} x {}", code, count);
  fmt::print("\n");
  return told == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  kill_command kills;
  sweep_command sweeps;
  CLI::App app{"Kills programs at work on a store, and lets their system calls fail."};
  app.require_subcommand(1);
  auto* kill = app.add_subcommand("kill", "stores that are killed again and again");
  kill->add_option("--seed", kills.seed, "the first seed")->capture_default_str();
  kill->add_option("--count", kills.count, "how many stores, each with the next seed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  kill->add_option("--cycles", kills.cycles, "lives of each store")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  kill->add_option("--clients", kills.clients, "threads at work")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  auto* sweep = app.add_subcommand("sweep", "system calls that fail");
  sweep->add_option("--case", sweeps.names, "SUBJECT/CALL/FAULT/K; may be repeated");
  sweep->add_option("--sample", sweeps.sample, "at most so many, evenly spread")
      ->check(CLI::PositiveNumber);
  sweep->add_flag("--list", sweeps.list, "print their names");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return kill->parsed() ? run_kills(kills) : run_sweep(sweeps);
}
