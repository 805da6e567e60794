#include <stowage/storage/core/types.hpp>
#include <stowage/tests/power/child_process.hpp>
#include <stowage/tests/power/filesystem/operation_log.hpp>
#include <stowage/tests/power/power_test.hpp>
#include <stowage/tests/power/recording_mount.hpp>
#include <stowage/tests/power/volatile_names.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// The instrument itself: what programs do is recorded as they do it, and fails where it shall.

namespace {

// A file descriptor of the test's own; a call that should work and does not fails the test.
class file {
 public:
  file(const std::string& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {
    BOOST_REQUIRE_MESSAGE(fd_ >= 0, path << ": " << std::strerror(errno));
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() { (void)::close(fd_); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int write(std::string_view text, off_t offset) const {
    errno = 0;
    const auto n = ::pwrite(fd_, text.data(), text.size(), offset);
    return n == static_cast<ssize_t>(text.size()) ? 0 : errno;
  }
  [[nodiscard]] std::string read(std::size_t size, off_t offset = 0) const {
    std::string text(size, '?');
    const auto n = ::pread(fd_, text.data(), size, offset);
    if (n < 0) return std::strerror(errno);
    text.resize(static_cast<std::size_t>(n));
    return text;
  }
  [[nodiscard]] int sync() const { return ::fdatasync(fd_) == 0 ? 0 : errno; }
  /// Another description of the same file, past the page cache.
  [[nodiscard]] std::string itself() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

std::string in_words(const file_operation& o) {
  std::string text{name_of(o.call)};
  if (o.file != 0) text += " " + std::to_string(o.file);
  if (!o.name.empty()) text += " " + std::to_string(o.directory) + "/" + o.name;
  if (!o.to_name.empty()) text += " " + std::to_string(o.to_directory) + "/" + o.to_name;
  if (o.offset != 0) text += " at " + std::to_string(o.offset);
  if (!o.bytes.empty())
    text += " " + (o.bytes.size() < 20 ? std::string{as_text(o.bytes)}
                                       : std::to_string(o.bytes.size()) + " bytes");
  return text;
}

std::vector<std::string> recorded(const recording_mount& m) {
  std::vector<std::string> all;
  for (const auto& o : read_operation_log(m.log_path())) all.push_back(in_words(o));
  return all;
}

bool lock(const file& f) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  return ::fcntl(f.get(), F_OFD_SETLK, &whole) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recording_fs)

BOOST_AUTO_TEST_CASE(every_change_is_recorded_in_order) {
  SKIP_IF(recording_mount::why_unavailable());
  recording_mount m;
  {
    const file directory{m / "", O_RDONLY | O_DIRECTORY};
    const file f{m / "temporary", O_RDWR | O_CREAT | O_EXCL};
    BOOST_TEST(::fallocate(f.get(), 0, 0, 8192) == 0);
    BOOST_TEST(f.write("hello", 3) == 0);
    std::string a = "two ";
    std::string b = "parts";
    const std::array<iovec, 2> parts{iovec{a.data(), a.size()}, iovec{b.data(), b.size()}};
    BOOST_TEST(::pwritev(f.get(), parts.data(), 2, 100) == 9);
    m.note(as_bytes("a note"));
    BOOST_TEST(f.sync() == 0);
    const file direct{f.itself(), O_RDWR | O_DIRECT};
    alignas(page_size) std::array<char, page_size> page{};
    page.fill('p');
    BOOST_TEST(::pwrite(direct.get(), page.data(), page.size(), page_size) == page.size());
    BOOST_TEST(::pread(direct.get(), page.data(), page.size(), 0) == page.size());
    BOOST_TEST(std::string(&page[3], 5) == "hello");
    BOOST_TEST(f.read(4, 4096) == "pppp");
    BOOST_TEST(::ftruncate(f.get(), 5000) == 0);

    const auto rename = [&](const char* from, const char* to) {
      return ::renameat2(directory.get(), from, directory.get(), to, RENAME_NOREPLACE) == 0 ? 0
                                                                                            : errno;
    };
    BOOST_TEST(::mkdir((m / "d").c_str(), 0700) == 0);
    BOOST_TEST(rename("temporary", "d") == EEXIST);
    BOOST_TEST(rename("temporary", "final") == 0);
    BOOST_TEST(rename("temporary", "other") == ENOENT);
    BOOST_TEST(::fsync(directory.get()) == 0);
    BOOST_TEST(::link((m / "final").c_str(), (m / "d/again").c_str()) == 0);
    BOOST_TEST(::unlink((m / "final").c_str()) == 0);
    BOOST_TEST(f.read(5, 3) == "hello");
    struct stat by_name {};
    struct stat by_descriptor {};
    BOOST_TEST(::stat((m / "d/again").c_str(), &by_name) == 0);
    BOOST_TEST(::fstat(f.get(), &by_descriptor) == 0);
    BOOST_TEST(by_name.st_ino == by_descriptor.st_ino);
    BOOST_TEST(by_name.st_dev == by_descriptor.st_dev);
    BOOST_TEST(by_name.st_size == 5000);
  }
  const std::vector<std::string> expected{"create 2 1/temporary",
                                          "allocate 2 at 8192",
                                          "write 2 at 3 hello",
                                          "write 2 at 100 two parts",
                                          "note a note",
                                          "sync 2",
                                          "write 2 at 4096 4096 bytes",
                                          "truncate 2 at 5000",
                                          "make_directory 3 1/d",
                                          "rename 2 1/temporary 1/final",
                                          "sync_directory 1",
                                          "link 2 3/again",
                                          "remove 2 1/final"};
  BOOST_TEST(recorded(m) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_is_locked_by_its_open_description) {
  SKIP_IF(recording_mount::why_unavailable());
  recording_mount m{recording_mount::recording::drop};
  const file first{m / "f", O_RDWR | O_CREAT};
  {
    const file second{first.itself(), O_RDWR};
    BOOST_TEST(lock(first));
    BOOST_TEST(!lock(second));
    BOOST_TEST(lock(first));
  }
  const file third{m / "f", O_RDWR};
  BOOST_TEST(!lock(third));
}

BOOST_AUTO_TEST_CASE(rules_say_what_fails) {
  SKIP_IF(recording_mount::why_unavailable());
  recording_mount m;
  const file f{m / "f", O_RDWR | O_CREAT};
  const std::string page(page_size, 'a');
  BOOST_TEST(f.write(page + page, 0) == 0);

  fault_rule second_page;
  second_page.begin = page_size;
  second_page.end = 2 * page_size;
  second_page.skip = 1;
  second_page.count = 1;
  m.fail("f", second_page);
  BOOST_TEST(f.write("b", 0) == 0);
  BOOST_TEST(f.write("b", page_size) == 0);
  BOOST_TEST(m.faults_injected() == 0U);
  BOOST_TEST(f.write("c", page_size) == EIO);
  BOOST_TEST(m.faults_injected() == 1U);
  BOOST_TEST(f.write("d", page_size + 1) == 0);
  BOOST_TEST(f.read(3, page_size) == "bda");

  fault_rule torn;
  torn.tears = true;
  m.fail("f", torn);
  BOOST_TEST(f.write(std::string(page_size, 'e'), 0) == EIO);
  BOOST_TEST(f.read(page_size) == std::string(2048, 'e') + std::string(2048, 'a'));
  m.heal();
  BOOST_TEST(f.write("f", 0) == 0);

  fault_rule all;
  all.call = faulty_call::sync;
  m.fail("f", all);
  all.call = faulty_call::read;
  m.fail("f", all);
  BOOST_TEST(f.sync() == EIO);
  BOOST_TEST(f.sync() == EIO);
  BOOST_TEST(f.read(1) == std::strerror(EIO));
  m.heal();
  BOOST_TEST(f.sync() == 0);
  BOOST_TEST(f.read(1) == "f");
  BOOST_TEST(m.faults_injected() == 5U);
}

BOOST_AUTO_TEST_CASE(a_process_dies_at_its_nth_write) {
  SKIP_IF(recording_mount::why_unavailable());
  recording_mount m;
  m.kill_at_write(3);
  const auto said = run_program({"/bin/dd", "if=/dev/zero", "of=" + (m / "f"), "bs=10", "count=8"});
  BOOST_TEST(said.code == 128 + SIGKILL);
  const auto all = recorded(m);
  BOOST_TEST(
      std::ranges::count_if(all, [](const std::string& o) { return o.starts_with("write"); }) == 3);
}

BOOST_AUTO_TEST_CASE(nothing_stays_mounted_after_a_killed_driver) {
  SKIP_IF(recording_mount::why_unavailable());
  require_clean_after_a_kill([](const auto& ready) {
    const recording_mount m;
    const file open_for_ever{m / "f", O_RDWR | O_CREAT};
    ready({m.server(), {m.mountpoint()}});
  });
}

BOOST_AUTO_TEST_CASE(a_name_is_as_good_as_the_last_sync_of_its_directory) {
  volatile_names names;
  const auto take = [&](file_call call, std::uint64_t file, std::uint64_t directory,
                        const std::string& name, const std::string& to = {}) {
    file_operation o;
    o.call = call;
    o.file = file;
    o.directory = o.to_directory = directory;
    o.name = name;
    o.to_name = to;
    names.take(o);
  };
  using inodes = std::set<std::uint64_t>;
  BOOST_TEST((names.candidates("d/s") == inodes{0}));
  take(file_call::make_directory, 2, 1, "d");
  take(file_call::create, 3, 2, "t");
  BOOST_TEST((names.candidates("d/t") == inodes{0, 3}));
  take(file_call::rename, 3, 2, "t", "s");
  BOOST_TEST((names.candidates("d/t") == inodes{0, 3}));
  BOOST_TEST((names.candidates("d/s") == inodes{0, 3}));
  take(file_call::sync_directory, 2, 0, "");
  BOOST_TEST((names.candidates("d/t") == inodes{0}));
  // The directory itself may still go.
  BOOST_TEST((names.candidates("d/s") == inodes{0, 3}));
  take(file_call::sync_directory, 1, 0, "");
  BOOST_TEST((names.candidates("d/s") == inodes{3}));
  take(file_call::remove, 3, 2, "s");
  BOOST_TEST((names.candidates("d/s") == inodes{0, 3}));
}

BOOST_AUTO_TEST_SUITE_END()
