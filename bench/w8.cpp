#include <stowage/bench/w8.hpp>

#include <stowage/bench/bulk_writer.hpp>
#include <stowage/bench/running_store.hpp>
#include <stowage/bench/workloads.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace stowage::bench {

namespace {

constexpr std::uint64_t block_count = 1'000'000;
constexpr std::size_t value_bytes = 128;
// What a killed process leaves to replay: a tenth of the blocks, written again.
constexpr std::uint64_t overwritten_part = 10;
constexpr std::size_t scan_bytes = std::size_t{1} << 20U;

std::string block_name(std::uint64_t n) { return fmt::format("block-{:08}", n); }

store_options bulk_options(const std::string& path) {
  store_options options;
  options.path = path;
  options.level = durability::accepted;
  options.batch.max_ops = 65'536;
  options.credit.max_ops = 1'000'000;
  return options;
}

std::uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(file >> total >> resident)) throw std::runtime_error{"no /proc/self/statm"};
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// What a process printed, and when the line came.
struct reported {
  double ms = 0;
  std::string line;
};

// From the start of the process to its first line; it has ended when this returns.
reported run_process(const std::string& role, const std::string& store, std::uint64_t blocks) {
  std::vector<std::string> words{std::filesystem::read_symlink("/proc/self/exe").string(),
                                 "--w8-process",
                                 role,
                                 "--w8-store",
                                 store,
                                 "--w8-blocks",
                                 std::to_string(blocks)};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe for W8"};
  const descriptor output{ends[0]};
  descriptor input{ends[1]};
  posix_spawn_file_actions_t actions{};
  (void)::posix_spawn_file_actions_init(&actions);
  (void)::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  pid_t process = 0;
  const auto start = std::chrono::steady_clock::now();
  const int error =
      ::posix_spawn(&process, arguments.front(), &actions, nullptr, arguments.data(), environ);
  (void)::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error{"no process for W8"};
  (void)input.close();
  reported said;
  char c = 0;
  while (::read(output.get(), &c, 1) == 1 && c != '\n') said.line += c;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  said.ms = took.count();
  (void)::waitpid(process, nullptr, 0);
  if (said.line.empty()) throw std::runtime_error{"a process of W8 failed"};
  return said;
}

double scan_ms(const std::string& path) {
  std::vector<char> buffer(scan_bytes);
  std::ifstream file{path, std::ios::binary};
  const auto start = std::chrono::steady_clock::now();
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

void create_store(const std::string& path, const value_source& values, std::uint64_t blocks) {
  auto options = bulk_options(path);
  options.create = true;
  running_store store{options};
  bulk_writer writer{store};
  for (std::uint64_t n = 0; n < blocks; ++n) writer.put(block_name(n), values.value(n));
  writer.drain();
  unwrap(store.client().flush());
}

void open_and_read(const w8_process& what) {
  const auto before = resident_bytes();
  running_store store{bulk_options(what.store)};
  const auto read = unwrap(store.client().get(block_name(what.blocks / 2))).value;
  if (read.size() != value_bytes) throw std::runtime_error{"a block reads back wrong"};
  fmt::print("{}\n", resident_bytes() - before);
  (void)std::fflush(stdout);
}

void overwrite_and_die(const w8_process& what) {
  running_store store{bulk_options(what.store)};
  const value_source values{value_bytes, 2};
  bulk_writer writer{store};
  for (std::uint64_t n = 0; n < what.blocks; n += overwritten_part)
    writer.put(block_name(n), values.value(n));
  writer.drain();
  unwrap(store.client().flush());
  fmt::print("{}\n", unwrap(store.client().status()).journal_bytes);
  (void)std::fflush(stdout);
  (void)std::raise(SIGKILL);
}

void print_row(const char* what, const std::vector<double>& ms) {
  fmt::print("{:<24} {:>10.1f} {:>10.1f} {:>10.1f}\n", what, median(ms),
             *std::ranges::min_element(ms), *std::ranges::max_element(ms));
}

}  // namespace

void run_w8_process(const w8_process& what) {
  if (what.role == "open")
    open_and_read(what);
  else
    overwrite_and_die(what);
}

void run_w8(const options& how) {
  const auto blocks = std::max<std::uint64_t>(
      overwritten_part, static_cast<std::uint64_t>(static_cast<double>(block_count) * how.scale));
  const auto path = how.directory + "/w8.stow";
  create_store(path, value_source{value_bytes, how.seed}, blocks);
  std::vector<double> scan;
  std::vector<double> after_close;
  std::vector<double> after_kill;
  std::vector<double> resident;
  std::vector<double> journal;
  for (unsigned round = 0; round < how.rounds; ++round) {
    scan.push_back(scan_ms(path));
    const auto closed = run_process("open", path, blocks);
    after_close.push_back(closed.ms);
    resident.push_back(std::stod(closed.line));
    journal.push_back(std::stod(run_process("overwrite", path, blocks).line));
    after_kill.push_back(run_process("open", path, blocks).ms);
  }
  std::filesystem::remove(path);
  fmt::print("W8: a new process opens a store of {} x {} B and reads one block; {} rounds\n\n",
             blocks, value_bytes, how.rounds);
  fmt::print("{:<24} {:>10} {:>10} {:>10}\n", "ms", "median", "min", "max");
  print_row("raw: scan of the file", scan);
  print_row("after an orderly close", after_close);
  print_row("after SIGKILL", after_kill);
  const auto name_bytes = static_cast<double>(block_name(0).size());
  fmt::print(
      "\n{:.1f} MB of journal behind the checkpoint when killed; {:.0f} bytes of memory for "
      "a block, beyond its name\n\n",
      median(journal) / 1e6, median(resident) / static_cast<double>(blocks) - name_bytes);
}

}  // namespace stowage::bench
