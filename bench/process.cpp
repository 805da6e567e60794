#include <stowage/bench/process.hpp>

#include <stowage/bench/engines.hpp>
#include <stowage/bench/measuring/value_source.hpp>
#include <stowage/bench/update_plan.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace stowage::bench {

namespace {

constexpr std::size_t scan_bytes = std::size_t{1} << 20U;

std::uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(file >> total >> resident)) throw std::runtime_error{"no /proc/self/statm"};
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void say(std::uint64_t number) {
  fmt::print("{}\n", number);
  (void)std::fflush(stdout);
}

std::unique_ptr<engine> open_engine(const process_role& what) {
  engine_setup setup;
  setup.directory = what.path;
  setup.blocks = what.blocks;
  setup.value_bytes_max = what.value_bytes;
  setup.syncs_only_on_flush = true;
  return make_engine(what.engine, setup);
}

void open_and_read(const process_role& what) {
  const value_source values{what.value_bytes, what.seed};
  const auto before = resident_bytes();
  const auto opened = open_engine(what);
  const auto client = opened->connect({});
  client->read(what.block, values.view(what.value));
  client->settle();
  say(resident_bytes() - std::min(before, resident_bytes()));
}

void overwrite_and_die(const process_role& what) {
  const value_source values{what.value_bytes, what.seed};
  const auto opened = open_engine(what);
  const auto client = opened->connect(bulk_updates());
  for (std::uint64_t n = 0; n < what.blocks; n += what.step)
    client->put(n, values.value(what.value + n));
  client->flush();
  say(what.blocks / what.step);
  (void)std::raise(SIGKILL);
}

void scan(const process_role& what) {
  std::vector<char> buffer(scan_bytes);
  std::ifstream file{what.path, std::ios::binary};
  std::uint64_t bytes = 0;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    bytes += static_cast<std::uint64_t>(file.gcount());
  say(bytes);
}

}  // namespace

void play(const process_role& what) {
  if (what.role == "open")
    open_and_read(what);
  else if (what.role == "overwrite")
    overwrite_and_die(what);
  else
    scan(what);
}

started_process::started_process(const process_role& what) {
  std::vector<std::string> words{std::filesystem::read_symlink("/proc/self/exe").string(),
                                 "--play=" + what.role,
                                 "--play-engine=" + what.engine,
                                 "--play-path=" + what.path,
                                 fmt::format("--play-blocks={}", what.blocks),
                                 fmt::format("--play-value-bytes={}", what.value_bytes),
                                 fmt::format("--play-seed={}", what.seed),
                                 fmt::format("--play-block={}", what.block),
                                 fmt::format("--play-value={}", what.value),
                                 fmt::format("--play-step={}", what.step)};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
  output_ = descriptor{ends[0]};
  descriptor input{ends[1]};
  posix_spawn_file_actions_t actions{};
  (void)::posix_spawn_file_actions_init(&actions);
  (void)::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  const int error =
      ::posix_spawn(&process_, arguments.front(), &actions, nullptr, arguments.data(), environ);
  (void)::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error{"no process"};
  (void)input.close();
  std::string line;
  char c = 0;
  while (::read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
  if (line.empty()) {
    (void)::waitpid(process_, nullptr, 0);
    throw std::runtime_error{fmt::format("the process to {} {} failed", what.role, what.path)};
  }
  said_ = std::stod(line);
}

started_process::~started_process() { (void)::waitpid(process_, nullptr, 0); }

}  // namespace stowage::bench
