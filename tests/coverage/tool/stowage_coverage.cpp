// stowage-coverage: which branches of storage/ the tests take, and which test takes each error branch.
//
//   stowage-coverage BUILD           runs the tests of a coverage build, prints the branches taken per folder, and
//                                    what no test takes
//   stowage-coverage BUILD --write   and writes docs/error-branches.md
//
// Tests of the storage engine run one by one, so that each is known by what it takes; tests above it add to what is
// taken in all. Exit code: 0 if every error branch is taken and 95 % of the branches of storage/ by its own tests, 1
// if not or if a test fails, 2 for a wrong command line.
#include <stowage/tests/coverage/branch_counts.hpp>
#include <stowage/tests/coverage/error_table.hpp>
#include <stowage/tests/coverage/tree.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fs = std::filesystem;
using namespace stowage::coverage;

namespace {

constexpr double percent_min = 95.0;
constexpr int test_seconds_max = 900;

// Whose tests are named in the table; and those that only add to what is taken.
constexpr std::array<std::string_view, 2> own{"storage/", "golden/"};
constexpr std::array<std::string_view, 5> others{"support_test/", "actors/", "client/",
                                                 "regressions/", "simulation/"};

using counts_by_file = std::map<std::string, file_counts>;

struct test_case {
  std::string name;
  std::vector<std::string> command;
  bool is_own = false;
  fs::path profile;
  counts_by_file counts;
};

std::string for_shell(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

bool succeeds(const std::string& command) {
  const int status = std::system(command.c_str());
  return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string output_of(const std::string& command) {
  const auto close = [](std::FILE* pipe) { return pclose(pipe); };
  std::unique_ptr<std::FILE, decltype(close)> pipe{popen(command.c_str(), "r"), close};
  if (!pipe) throw std::runtime_error{"cannot start: " + command};
  std::string output;
  std::array<char, 65'536> part{};
  while (const auto n = std::fread(part.data(), 1, part.size(), pipe.get()))
    output.append(part.data(), n);
  if (pclose(pipe.release()) != 0) throw std::runtime_error{"failed: " + command};
  return output;
}

template <class Prefixes>
bool begins_with_any(const std::string& name, const Prefixes& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

class measurement {
 public:
  measurement(fs::path build, fs::path root)
      : root_{std::move(root)}, build_{std::move(build)}, work_{build_ / "profiles"} {
    fs::remove_all(work_);
    fs::create_directories(work_);
  }

  int run(bool write) {
    list_tests();
    fmt::print(stderr, "running {} tests\n", tests_.size());
    in_parallel([this](test_case& t) { run_test(t); });
    if (failed_ > 0) return 1;
    const auto by_own = sum_of_counts([](const test_case& t) { return t.is_own; });
    const auto by_all = sum_of_counts([](const test_case&) { return true; });
    const auto percent = print_folders(by_own, by_all);
    print_not_taken(by_own, by_all);
    const auto without_test = name_tests(write);
    return percent >= percent_min && without_test == 0 ? 0 : 1;
  }

 private:
  void list_tests() {
    const auto listing = nlohmann::json::parse(
        output_of("ctest --test-dir " + for_shell(build_.string()) + " --show-only=json-v1"));
    for (const auto& t : listing.at("tests")) {
      const auto name = t.at("name").get<std::string>();
      const bool is_own = begins_with_any(name, own);
      if (!is_own && !begins_with_any(name, others)) continue;
      auto profile = work_ / fmt::format("{}.profraw", tests_.size());
      tests_.push_back({name, t.at("command"), is_own, std::move(profile), {}});
    }
    if (tests_.empty()) throw std::runtime_error{"no tests in " + build_.string()};
  }

  template <class Work>
  void in_parallel(Work work) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr error;
    const auto take = [&] {
      try {
        for (std::size_t i = next++; i < tests_.size(); i = next++) work(tests_[i]);
      } catch (...) {
        const std::lock_guard lock{mutex};
        error = std::current_exception();
        next = tests_.size();
      }
    };
    {
      std::vector<std::jthread> threads;
      for (auto i = std::max(std::thread::hardware_concurrency(), 1U); i > 0; --i)
        threads.emplace_back(take);
    }
    if (error) std::rethrow_exception(error);
  }

  void run_test(test_case& t) {
    const auto log = fs::path{t.profile}.replace_extension(".log");
    auto command = fmt::format("LLVM_PROFILE_FILE={} timeout {}", for_shell(t.profile.string()),
                               test_seconds_max);
    for (const auto& word : t.command) command += " " + for_shell(word);
    if (!succeeds(command + " >" + for_shell(log.string()) + " 2>&1 </dev/null")) {
      fmt::print(stderr, "failed: {} (log: {})\n", t.name, log.string());
      ++failed_;
      return;
    }
    if (t.is_own) t.counts = counts_of({t.profile}, t.command.front(), t.profile);
  }

  // `place` is where the merged profile goes.
  counts_by_file counts_of(const std::vector<fs::path>& profiles, const std::string& program,
                           fs::path place) {
    place.replace_extension(".profdata");
    const auto list = fs::path{place}.replace_extension(".list");
    {
      std::ofstream out{list};
      for (const auto& p : profiles) out << p.string() << '\n';
    }
    if (!succeeds(fmt::format("llvm-profdata merge -sparse -f {} -o {}", for_shell(list.string()),
                              for_shell(place.string()))))
      throw std::runtime_error{"the profiles cannot be merged: " + list.string()};
    const auto command = fmt::format(
        "llvm-cov export -skip-functions -ignore-filename-regex='/(tests|usr)/' -instr-profile={} "
        "{}",
        for_shell(place.string()), for_shell(program));
    return parse_counts(output_of(command), root_, sources_);
  }

  // Program by program: the same name may stand for another function in another one.
  template <class Belongs>
  counts_by_file sum_of_counts(Belongs belongs) {
    std::map<std::string, std::vector<fs::path>> profiles_by_program;
    for (const auto& t : tests_)
      if (belongs(t)) profiles_by_program[t.command.front()].push_back(t.profile);
    counts_by_file sum;
    for (const auto& [program, profiles] : profiles_by_program)
      add_branches(sum, counts_of(profiles, program, work_ / "all"));
    return sum;
  }

  struct share {
    std::size_t taken = 0;
    std::size_t all = 0;
    [[nodiscard]] double percent() const {
      return 100.0 * static_cast<double>(taken) /
             static_cast<double>(std::max<std::size_t>(all, 1));
    }
  };

  static std::map<std::string, share> shares(const counts_by_file& counts) {
    std::map<std::string, share> by_folder;
    for (const auto& [file, c] : counts) {
      for (auto* s : {&by_folder[fs::path{file}.parent_path().string()], &by_folder["in all"]}) {
        for (const auto& b : c.branches) {
          s->all += 2;
          s->taken += (b.taken_true > 0 ? 1U : 0U) + (b.taken_false > 0 ? 1U : 0U);
        }
      }
    }
    return by_folder;
  }

  static double print_folders(const counts_by_file& by_own, const counts_by_file& by_all) {
    const auto of_own = shares(by_own);
    const auto of_all = shares(by_all);
    const auto line = [&](const std::string& folder) {
      const auto& o = of_own.at(folder);
      const auto& a = of_all.at(folder);
      fmt::print("{:16} {:>6} of {:<6} {:6.1f} % {:>10} of {:<6} {:6.1f} %\n", folder, o.taken,
                 o.all, o.percent(), a.taken, a.all, a.percent());
    };
    fmt::print("{:16} {:<25} {}\n", "branches", "   taken by its own tests", "     by all tests");
    for (const auto& [folder, s] : of_own)
      if (folder != "in all") line(folder);
    line("in all");
    return of_own.at("in all").percent();
  }

  void print_not_taken(const counts_by_file& by_own, const counts_by_file& by_all) const {
    fmt::print("\nnot taken by its own tests (+ where a test above storage/ does):\n");
    for (const auto& [file, counts] : by_own) {
      const auto& source = sources_.at(file);
      for (const auto& b : counts.branches) {
        const auto& in_all = by_all.at(file).branches;
        const auto same = std::ranges::find_if(
            in_all, [&](const auto& o) { return o.first == b.first && o.last == b.last; });
        const auto begin = source.offset_of(b.first);
        const auto text = source.text().substr(begin, source.offset_of(b.last) - begin);
        for (const bool side : {true, false}) {
          if ((side ? b.taken_true : b.taken_false) > 0) continue;
          const bool above =
              same != in_all.end() && (side ? same->taken_true : same->taken_false) > 0;
          fmt::print("{} {}:{}: {} is never {}\n", above ? '+' : ' ', file, b.first.line, text,
                     side);
        }
      }
    }
  }

  // Answers how many error branches no test of storage/ takes.
  std::size_t name_tests(bool write) {
    const auto scan = scan_all(sources_);
    std::map<const test_case*, std::size_t> taken_by;
    std::vector<std::vector<const test_case*>> takers(scan.sites.size());
    for (std::size_t i = 0; i < scan.sites.size(); ++i)
      for (const auto& t : tests_) {
        const auto counts = t.counts.find(scan.sites[i].file);
        if (counts == t.counts.end() || times_taken(scan.sites[i], counts->second) == 0) continue;
        takers[i].push_back(&t);
        ++taken_by[&t];
      }
    std::vector<table_row> rows;
    std::size_t without_test = 0;
    fmt::print("\n{} error branches; taken by no test of storage/:\n", scan.sites.size());
    for (std::size_t i = 0; i < scan.sites.size(); ++i) {
      const auto& site = scan.sites[i];
      const auto mirror = fs::path{site.file}.parent_path().string() + "/";
      const auto best = std::ranges::min_element(takers[i], {}, [&](const test_case* t) {
        return std::tuple{!t->name.starts_with(mirror), taken_by[t], t->name};
      });
      if (best == takers[i].end()) {
        ++without_test;
        fmt::print("  {}:{}: {}: {}\n", site.file, site.where.line, site.function, site.what);
      }
      rows.push_back(row_of(site, best == takers[i].end() ? std::string{} : (*best)->name));
    }
    if (write) std::ofstream{root_ / "docs" / "error-branches.md"} << to_markdown(rows);
    return without_test;
  }

  fs::path root_;
  fs::path build_;
  fs::path work_;
  std::map<std::string, source_text> sources_ = storage_sources(root_);
  std::vector<test_case> tests_;
  std::atomic<int> failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Which branches of storage/ the tests take."};
  std::string build;
  bool write = false;
  app.add_option("build", build, "Directory of a build of the preset coverage")->required();
  app.add_flag("--write", write, "Write docs/error-branches.md");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    return measurement{fs::absolute(build), STOWAGE_SOURCE_DIR}.run(write);
  } catch (const std::exception& e) {
    fmt::print(stderr, "stowage-coverage: {}\n", e.what());
    return 1;
  }
}
