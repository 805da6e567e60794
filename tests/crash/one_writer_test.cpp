// Rules R11 and R12, and R3 as the system sees it: what a program at work on a store calls, all of it.
#include <stowage/tests/support/processes/child_process.hpp>
#include <stowage/tests/support/processes/strace_log.hpp>
#include <stowage/tests/support/processes/syscall_sweep.hpp>
#include <stowage/tests/support/processes/write_rules.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace stowage::test;

namespace {

std::vector<traced_call> calls_of_a_driver(const std::string& directory, const std::string& mode,
                                           const std::string& clients) {
  std::vector<std::string> command{"strace", "-f", "-y", "-s", "300", "-o", directory + "/log"};
  const std::vector<std::string> driver{
      STOWAGE_CRASH_DRIVER, "--store", directory + "/store", "--clients", clients,
      "--requests",         "60",      "--sync-mode",        mode};
  command.insert(command.end(), driver.begin(), driver.end());
  const auto done = run_to_end(std::move(command), {});
  BOOST_TEST_REQUIRE(done.state.code == 0);
  std::ifstream in{directory + "/log"};
  return parse_strace_log(std::string{std::istreambuf_iterator<char>{in}, {}});
}

/// A log of a program that keeps the rules, as lines that a test may change.
std::vector<std::string> good_log() {
  return {R"(1 openat(AT_FDCWD</d>, "/d/store", O_RDWR|O_CLOEXEC) = 3</d/store>)",
          R"(1 openat(AT_FDCWD</d>, "/proc/self/fd/3", O_RDWR|O_DIRECT|O_CLOEXEC) = 4</d/store>)",
          R"(1 fdatasync(3</d/store>) = 0)",
          R"(1 pwritev(3</d/store>, [], 1, 0) = 4096)",
          R"(1 fdatasync(3</d/store>) = 0)",
          R"(2 write(1<pipe:[7]>, "ask 0 1 durable whole n1=1.0.1.0"..., 40) = 40)",
          R"(9 pwritev(4</d/store>, [], 1, 8192) = 4096)",
          R"(9 pwritev(3</d/store>, [], 1, 4096) = 4096)",
          R"(9 sync_file_range(3</d/store>, 0, 0, SYNC_FILE_RANGE_WRITE) = 0)",
          R"(9 fdatasync(3</d/store>) = 0)",
          R"(2 write(1<pipe:[7]>, "got 0 1 7\n", 10) = 10)",
          R"(9 close(4</d/store>) = 0)",
          R"(9 close(3</d/store>) = 0)"};
}

std::vector<std::string> broken_by(const std::vector<std::string>& log) {
  std::string text;
  for (const auto& l : log) text += l + "\n";
  return broken_write_rules(parse_strace_log(text), "/d/store");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(one_writer)

BOOST_AUTO_TEST_CASE(a_store_is_written_and_synced_by_one_thread_on_descriptors_opened_once) {
  if (const auto why_not = why_strace_is_not_usable(); !why_not.empty()) {
    BOOST_TEST_MESSAGE("SKIPPED: " << why_not << "; scripts/packages installs strace");
    BOOST_TEST(by_size(true, false, false), "not traced: " << why_not);
    return;
  }
  for (const std::string mode : {"group", "two-phase", "lazy"}) {
    for (const std::string clients : {"1", "4"}) {
      BOOST_TEST_CONTEXT("mode " << mode << ", " << clients << " clients") {
        temporary_directory directory;
        // The first makes the store, the second opens it.
        for (int life = 0; life < 2; ++life) {
          const auto calls = calls_of_a_driver(directory.path(), mode, clients);
          const auto durable = std::ranges::count_if(calls, [](const traced_call& c) {
            return c.name == "write" && c.arguments.find(" durable ") != std::string::npos;
          });
          BOOST_TEST(durable > 5);
          const auto broken = broken_write_rules(calls, directory / "store");
          for (const auto& rule : broken) BOOST_ERROR(rule);
          if (!broken.empty()) {
            directory.keep();
            BOOST_ERROR("the log of strace is in " << directory.path());
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_good_log_breaks_nothing) { BOOST_TEST(broken_by(good_log()).empty()); }

BOOST_AUTO_TEST_CASE(each_broken_rule_is_found) {
  const std::vector<std::pair<std::size_t, std::string>> insertions{
      // Another thread writes, or syncs, or grows the file.
      {8, R"(8 pwritev(3</d/store>, [], 1, 0) = 4096)"},
      {8, R"(8 fdatasync(3</d/store>) = 0)"},
      {8, R"(8 fallocate(3</d/store>, 0, 0, 4096) = 0)"},
      // The opener goes on after it has handed over.
      {8, R"(1 pwritev(3</d/store>, [], 1, 0) = 4096)"},
      // Synced on the descriptor for direct writes, where no write-back error is reported.
      {8, R"(9 fdatasync(4</d/store>) = 0)"},
      // Opened once more, or copied.
      {8, R"(7 openat(AT_FDCWD</d>, "/d/store", O_RDWR) = 5</d/store>)"},
      {8, R"(7 openat(AT_FDCWD</d>, "/d/store", O_WRONLY) = 5</d/store>)"},
      {8, R"(7 openat(AT_FDCWD</d>, "/proc/self/fd/3", O_RDWR|O_DIRECT) = 5</d/store>)"},
      {8, R"(7 dup(3</d/store>) = 5</d/store>)"},
      {8, R"(7 fcntl(3</d/store>, F_DUPFD_CLOEXEC, 0) = 5</d/store>)"},
      // Mapped for writing.
      {8, R"(7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</d/store>, 0) = 0x7f)"},
      // Another thread has the disk begin.
      {8, R"(7 sync_file_range(3</d/store>, 0, 0, SYNC_FILE_RANGE_WRITE) = 0)"},
      // It waits, and takes an error of a write-back away from the sync.
      {8,
       R"(9 sync_file_range(3</d/store>, 0, 0, SYNC_FILE_RANGE_WRITE|SYNC_FILE_RANGE_WAIT_AFTER) = 0)"},
      // Ways around the device.
      {8, R"(7 write(3</d/store>, "", 4096) = 4096)"},
      {8, R"(7 io_uring_setup(8, {}) = 6<anon_inode:[io_uring]>)"},
      // Closed before the last write.
      {7, R"(9 close(4</d/store>) = 0)"},
  };
  for (const auto& [at, line] : insertions) {
    auto log = good_log();
    log.insert(log.begin() + static_cast<std::ptrdiff_t>(at), line);
    BOOST_TEST(!broken_by(log).empty(), line);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_before_the_sync_is_found) {
  const auto broken_with = [](std::size_t line, const std::string& instead) {
    auto log = good_log();
    if (instead.empty())
      log.erase(log.begin() + static_cast<std::ptrdiff_t>(line));
    else
      log[line] = instead;
    return !broken_by(log).empty();
  };
  // No sync; one that failed; one that began before the record was written.
  BOOST_TEST(broken_with(9, ""));
  BOOST_TEST(broken_with(9, "9 fdatasync(3</d/store>) = -1 EIO (Input/output error)"));
  auto log = good_log();
  std::swap(log[7], log[9]);
  BOOST_TEST(!broken_by(log).empty());
  // Answered while the sync was under way.
  log = good_log();
  log[9] = "9 fdatasync(3</d/store> <unfinished ...>";
  log.insert(log.begin() + 11, "9 <... fdatasync resumed>) = 0");
  BOOST_TEST(!broken_by(log).empty());
}

BOOST_AUTO_TEST_SUITE_END()
