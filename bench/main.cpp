// stowage-bench: the named workloads, engines taking turns in one run.
#include <stowage/bench/w8.hpp>
#include <stowage/bench/workloads.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace stowage::bench;

int run(int argc, char** argv) {
  CLI::App app{"Measures Stowage beside the raw device (medians; ratios within a round)."};
  std::vector<std::string> workloads{"W1"};
  options how;
  app.add_option("WORKLOAD", workloads, "W1, W3, W4, W7 or W8; several may be given (default: W1)")
      ->check(CLI::IsMember({"W1", "W3", "W4", "W7", "W8"}));
  app.add_option("--directory", how.directory,
                 "where to put the files (default: a new one under the temporary directory)");
  app.add_option("--rounds", how.rounds, "counted rounds")->check(CLI::Range(1, 10'000));
  app.add_option("--seed", how.seed, "seed of values and order");
  app.add_option("--scale", how.scale, "share of the ops of W3 and W4, of the blocks of W7 and W8")
      ->check(CLI::Range(0.001, 10.0));
  w8_process process;
  app.add_option("--w8-process", process.role)->group("");
  app.add_option("--w8-store", process.store)->group("");
  app.add_option("--w8-blocks", process.blocks)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!process.role.empty()) {
    run_w8_process(process);
    return 0;
  }
  const bool is_ours = how.directory.empty();
  if (is_ours) {
    how.directory = (std::filesystem::temp_directory_path() / "stowage-bench-XXXXXX").string();
    if (::mkdtemp(how.directory.data()) == nullptr)
      throw std::runtime_error{"no temporary directory"};
  }
  const std::map<std::string, void (*)(const options&)> known{
      {"W1", run_w1}, {"W3", run_w3}, {"W4", run_w4}, {"W7", run_w7}, {"W8", run_w8}};
  for (const auto& w : workloads) known.at(w)(how);
  if (is_ours) std::filesystem::remove_all(how.directory);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    (void)std::fprintf(stderr, "stowage-bench: %s\n", e.what());
    return 1;
  }
}
