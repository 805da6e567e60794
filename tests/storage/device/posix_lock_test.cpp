// Who may have a store's file open at the same time, by whatever name.

#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr auto write_mode = open_mode::read_write;
constexpr auto read_mode_only = open_mode::read_only;

struct rig {
  temporary_directory directory;
  std::string path = directory / "store";

  rig() { put_file(path, "text"); }

  std::unique_ptr<block_device> open(open_mode mode) const {
    auto device = open_posix_device(path, mode);
    BOOST_REQUIRE(device.ok());
    return *std::move(device);
  }
};

errc try_open(const std::string& path, open_mode mode) {
  return code_of(open_posix_device(path, mode));
}

/// A process that has `path` open until it is killed.
class holder {
 public:
  holder(const std::string& path, open_mode mode) {
    std::array<int, 2> ready{};
    BOOST_REQUIRE(::pipe2(ready.data(), O_CLOEXEC) == 0);
    process_ = ::fork();
    BOOST_REQUIRE(process_ >= 0);
    if (process_ == 0) {
      const auto device = open_posix_device(path, mode);
      const char answer = device ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) == 1 && device)
        for (;;) ::pause();
      ::_exit(0);
    }
    ::close(ready[1]);
    char answer = '?';
    const auto got = ::read(ready[0], &answer, 1);
    ::close(ready[0]);
    holds_ = got == 1 && answer == 'y';
  }
  holder(const holder&) = delete;
  holder& operator=(const holder&) = delete;
  ~holder() { kill(); }

  [[nodiscard]] bool holds() const { return holds_; }

  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(std::exchange(process_, 0), nullptr, 0);
  }

 private:
  pid_t process_ = 0;
  bool holds_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(posix_locks)

BOOST_AUTO_TEST_CASE(a_writer_excludes_everyone_in_its_own_process) {
  const rig r;
  const auto device = r.open(write_mode);
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
  BOOST_TEST(try_open(r.path, read_mode_only) == errc::locked);
  // Neither refusal has taken anything from the holder: the lock is not the process's.
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
  BOOST_TEST(read_text(*device, 0, 4) == "text");
}

BOOST_AUTO_TEST_CASE(readers_exclude_writers_only) {
  const rig r;
  auto first = r.open(read_mode_only);
  auto second = r.open(read_mode_only);
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
  BOOST_TEST(code_of(first->close()) == errc::none);
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
  second.reset();
  BOOST_TEST(try_open(r.path, write_mode) == errc::none);
}

BOOST_AUTO_TEST_CASE(other_names_are_the_same_file) {
  const rig r;
  const auto symlink = r.directory / "symlink";
  const auto hard_link = r.directory / "hard link";
  BOOST_REQUIRE(::symlink("store", symlink.c_str()) == 0);
  BOOST_REQUIRE(::link(r.path.c_str(), hard_link.c_str()) == 0);
  {
    const auto device = r.open(write_mode);
    for (const auto& name : {symlink, hard_link, r.directory / "./store"})
      BOOST_TEST(try_open(name, write_mode) == errc::locked);
  }
  for (const auto& name : {symlink, hard_link}) {
    const auto device = open_posix_device(name, write_mode);
    BOOST_TEST(device.ok());
    BOOST_TEST(try_open(r.path, read_mode_only) == errc::locked);
  }
}

BOOST_AUTO_TEST_CASE(direct_reads_do_not_loosen_the_lock) {
  const rig r;
  const auto device = r.open(write_mode);
  BOOST_TEST(read_text(*device, 0, 4, read_mode::direct) == "text");
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
}

BOOST_AUTO_TEST_CASE(closing_or_dropping_a_device_unlocks_it) {
  const rig r;
  auto device = r.open(write_mode);
  BOOST_TEST(code_of(device->close()) == errc::none);
  BOOST_TEST(try_open(r.path, write_mode) == errc::none);
  device = r.open(write_mode);
  device.reset();
  BOOST_TEST(try_open(r.path, write_mode) == errc::none);
}

BOOST_AUTO_TEST_CASE(a_refusal_says_which_file) {
  const rig r;
  const auto device = r.open(write_mode);
  const auto refused = open_posix_device(r.path, write_mode);
  BOOST_TEST(refused.error().detail.find(r.path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_process_excludes_us_until_it_is_killed) {
  const rig r;
  holder other{r.path, write_mode};
  BOOST_TEST(other.holds());
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
  BOOST_TEST(try_open(r.path, read_mode_only) == errc::locked);
  other.kill();
  BOOST_TEST(try_open(r.path, write_mode) == errc::none);
}

BOOST_AUTO_TEST_CASE(processes_read_side_by_side) {
  const rig r;
  const holder other{r.path, read_mode_only};
  BOOST_TEST(other.holds());
  BOOST_TEST(try_open(r.path, read_mode_only) == errc::none);
  BOOST_TEST(try_open(r.path, write_mode) == errc::locked);
}

BOOST_AUTO_TEST_CASE(we_exclude_another_process) {
  const rig r;
  const auto device = r.open(write_mode);
  const holder other{r.path, read_mode_only};
  BOOST_TEST(!other.holds());
}

BOOST_AUTO_TEST_CASE(a_forked_child_does_not_keep_a_closed_store_locked) {
  const rig r;
  const rig unrelated;
  auto device = r.open(write_mode);
  // It inherits the descriptor of our device, and never hears that we closed it.
  const holder child{unrelated.path, write_mode};
  BOOST_TEST(child.holds());
  BOOST_TEST(code_of(device->close()) == errc::none);
  BOOST_TEST(try_open(r.path, write_mode) == errc::none);
}

BOOST_AUTO_TEST_SUITE_END()
