#include <stowage/bench/measuring/usage.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace stowage::bench {

namespace {

constexpr auto look_every = std::chrono::milliseconds{10};
constexpr auto look_at_most = std::chrono::seconds{30};
// Of one CPU.
constexpr double idle_share = 0.1;

std::uint64_t (*malloc_counter)() = nullptr;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Whether another thread of ours wants a CPU or waits for the disk: on a busy machine it may want one for long before it
// has used any.
bool others_want_to_run() {
  const auto self = ::gettid();
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    if (thread.path().filename() == std::to_string(self)) continue;
    std::ifstream file{thread.path() / "stat"};
    std::string line;
    // It may have ended meanwhile. "1 (name with ) in it) S ..."
    if (!std::getline(file, line)) continue;
    const auto state = line.find_first_not_of(' ', line.rfind(')') + 1);
    if (state != std::string::npos && (line[state] == 'R' || line[state] == 'D')) return true;
  }
  return false;
}

}  // namespace

usage used_so_far() { return {cpu_seconds(), malloc_counter == nullptr ? 0 : malloc_counter()}; }

void count_mallocs_by(std::uint64_t (*counter)()) { malloc_counter = counter; }

void wait_until_idle() {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + look_at_most;
  auto before = cpu_seconds();
  auto since = clock::now();
  while (since < end) {
    std::this_thread::sleep_for(look_every);
    const auto now = clock::now();
    const auto cpu = cpu_seconds();
    const std::chrono::duration<double> wall = now - since;
    if (cpu - before < idle_share * wall.count() && !others_want_to_run()) return;
    before = cpu;
    since = now;
  }
}

}  // namespace stowage::bench
