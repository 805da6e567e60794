#include <stowage/bench/measuring/usage.hpp>

#include <stowage/storage/device/descriptor.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <string_view>
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

// One of our threads, by the state in its line of /proc: "1 (name with ) in it) S ...".
bool wants_to_run(int tasks, const char* thread) {
  std::array<char, PATH_MAX> path{};
  const auto length = std::string_view{thread}.copy(path.data(), path.size() - 6);
  std::string_view{"/stat"}.copy(path.data() + length, 5);
  const descriptor file{::openat(tasks, path.data(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 512> text{};
  // It may have ended meanwhile.
  const auto got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (got <= 0) return false;
  const std::string_view line{text.data(), static_cast<std::size_t>(got)};
  const auto name_end = line.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= line.size()) return false;
  const auto state = line[name_end + 2];
  return state == 'R' || state == 'D';
}

// Whether another thread of ours wants a CPU or waits for the disk: on a busy machine it may want one for long before it
// has used any. Allocates nothing, because mallocs are counted.
bool others_want_to_run() {
  const descriptor tasks{::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const auto self = static_cast<unsigned long long>(::gettid());
  alignas(dirent64) std::array<char, 4096> entries{};
  for (;;) {
    const auto got = tasks ? ::getdents64(tasks.get(), entries.data(), entries.size()) : -1;
    if (got <= 0) return false;
    for (ssize_t at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      const auto* const name = static_cast<const char*>(entry->d_name);
      at += entry->d_reclen;
      if (name[0] == '.' || std::strtoull(name, nullptr, 10) == self) continue;
      if (wants_to_run(tasks.get(), name)) return true;
    }
  }
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
