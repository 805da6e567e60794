#include <stowage/tests/power/power_test.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace stowage::test {

namespace {

std::string content_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool is_mounted(const std::vector<std::string>& paths) {
  const auto mounts = content_of("/proc/self/mounts");
  return std::ranges::any_of(
      paths, [&](const std::string& p) { return mounts.find(" " + p + " ") != std::string::npos; });
}

bool has_loop_device(const std::vector<std::string>& paths) {
  for (const auto& device : std::filesystem::directory_iterator{"/sys/block"}) {
    const auto file = content_of(device.path() / "loop/backing_file");
    if (std::ranges::any_of(paths, [&](const std::string& p) { return file.starts_with(p); }))
      return true;
  }
  return false;
}

}  // namespace

void require_clean_after_a_kill(
    const std::function<void(const std::function<void(const left_behind& what)>& ready)>& mount) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    try {
      mount([&](const left_behind& what) {
        auto lines = std::to_string(what.server) + "\n";
        for (const auto& p : what.mountpoints) lines += p + "\n";
        (void)!::write(ends[1], lines.data(), lines.size());
        for (;;) (void)::pause();
      });
    } catch (const std::exception& e) {
      std::cerr << e.what() << std::endl;
    }
    ::_exit(1);
  }
  (void)::close(ends[1]);
  std::string told(4096, '\0');
  const auto n = ::read(ends[0], told.data(), told.size());
  (void)::close(ends[0]);
  BOOST_REQUIRE(n > 0);
  told.resize(static_cast<std::size_t>(n));
  std::istringstream lines{told};
  pid_t server = -1;
  lines >> server;
  std::vector<std::string> paths;
  for (std::string path; lines >> path;) paths.push_back(path);
  BOOST_TEST(is_mounted(paths));

  const auto end_of_server = static_cast<int>(::syscall(SYS_pidfd_open, server, 0));
  BOOST_REQUIRE(end_of_server >= 0);
  BOOST_TEST(::kill(child, SIGKILL) == 0);
  BOOST_TEST(::waitpid(child, nullptr, 0) == child);
  pollfd ended{end_of_server, POLLIN, 0};
  BOOST_REQUIRE_MESSAGE(::poll(&ended, 1, 60'000) > 0, "the file system does not end");
  (void)::close(end_of_server);
  BOOST_REQUIRE(!is_mounted(paths));
  BOOST_TEST(!has_loop_device(paths));
  for (const auto& p : paths) std::filesystem::remove_all(std::filesystem::path{p}.parent_path());
}

}  // namespace stowage::test
