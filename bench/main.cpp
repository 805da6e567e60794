// stowage-bench: the named workloads, engines taking turns in one run.
#include <stowage/bench/allocation_count.hpp>
#include <stowage/bench/engines.hpp>
#include <stowage/bench/measuring/usage.hpp>
#include <stowage/bench/process.hpp>
#include <stowage/bench/workloads.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace stowage::bench;

using run_workload = void (*)(const options&, report&);

const std::vector<std::pair<std::string, run_workload>>& known_workloads() {
  static const std::vector<std::pair<std::string, run_workload>> all{
      {"W1", run_w1}, {"W2", run_w2}, {"W3", run_w3}, {"W4", run_w4},      {"W5", run_w5},
      {"W6", run_w6}, {"W7", run_w7}, {"W8", run_w8}, {"scale", run_scale}};
  return all;
}

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& [name, run] : known_workloads()) names.push_back(name);
  return names;
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& e : known_engines()) names.emplace_back(e.name);
  return names;
}

void add_process_options(CLI::App& app, process_role& process) {
  app.add_option("--play", process.role)->group("");
  app.add_option("--play-engine", process.engine)->group("");
  app.add_option("--play-path", process.path)->group("");
  app.add_option("--play-blocks", process.blocks)->group("");
  app.add_option("--play-value-bytes", process.value_bytes)->group("");
  app.add_option("--play-seed", process.seed)->group("");
  app.add_option("--play-block", process.block)->group("");
  app.add_option("--play-value", process.value)->group("");
  app.add_option("--play-step", process.step)->group("");
}

/// A new directory of our own, removed with it, or the one that was asked for.
class work_directory {
 public:
  explicit work_directory(std::string asked) : path_{std::move(asked)}, is_ours_{path_.empty()} {
    if (!is_ours_) return;
    path_ = (std::filesystem::temp_directory_path() / "stowage-bench-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
  }
  work_directory(const work_directory&) = delete;
  work_directory& operator=(const work_directory&) = delete;
  ~work_directory() {
    std::error_code ignored;
    if (is_ours_) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  bool is_ours_;
};

int run(int argc, char** argv) {
  CLI::App app{
      "Measures Stowage beside the raw device and its rivals (medians; ratios within a round)."};
  std::vector<std::string> workloads{"W1"};
  options how;
  how.engines = engine_names();
  std::string json;
  std::string plots;
  app.add_option("WORKLOAD", workloads, "several may be given (default: W1)")
      ->check(CLI::IsMember(workload_names()));
  app.add_option("--engines", how.engines,
                 "those that take part, with commas (default: all there are)")
      ->delimiter(',')
      ->check(CLI::IsMember(engine_names()));
  app.add_option("--directory", how.directory,
                 "where to put the files (default: a new one under the temporary directory)");
  app.add_option("--rounds", how.rounds, "counted rounds")->check(CLI::Range(1, 10'000));
  app.add_option("--seed", how.seed, "seed of values and order");
  app.add_option("--scale", how.scale, "share of the ops and blocks of W2 to W8 and of `scale`")
      ->check(CLI::Range(0.001, 10.0));
  app.add_option("--blocks-max", how.blocks_max, "the largest store of `scale`")
      ->check(CLI::Range(10'000, 10'000'000));
  app.add_option("--json", json, "write the results to this file");
  app.add_option("--plots", plots, "write charts to this directory, as SVG");
  process_role process;
  add_process_options(app, process);
  CLI11_PARSE(app, argc, argv);
  if (!process.role.empty()) {
    play(process);
    return 0;
  }
  count_mallocs_by(allocation_count);
  const work_directory directory{how.directory};
  how.directory = directory.path();
  report out;
  for (const auto& w : workloads)
    std::ranges::find(known_workloads(), w, &std::pair<std::string, run_workload>::first)
        ->second(how, out);
  if (!json.empty()) out.write_json(json);
  if (!plots.empty()) out.write_charts(plots);
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
