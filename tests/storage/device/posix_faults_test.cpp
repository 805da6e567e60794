// What the device does when the system fails it: system calls of this program are made to fail by
// defining them here, in front of the C library's. Unless a test interferes they do their work.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/posix_creation.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/device/posix_directories.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

enum call : std::size_t {
  call_open,
  call_openat,
  call_close,
  call_lock,
  call_stat,
  call_fstat,
  call_pread,
  call_pwritev,
  call_fdatasync,
  call_sync_file_range,
  call_fsync,
  call_fallocate,
  call_ftruncate,
  call_renameat2,
  call_linkat,
  call_unlinkat,
  calls,
};

/// An answer of an interference, besides an errno to fail with.
constexpr int go_ahead = 0;
constexpr int move_one_byte = -1;
constexpr int move_nothing = -2;
constexpr int move_one_page = -3;

using interference = std::function<int()>;

/// Constant-initialized and trivially destroyed, because the runtime opens and closes files before and
/// after everything of ours.
thread_local const interference* active[calls];

/// While it lives, every call of the kind on this thread asks `decide` what to do.
class interfering {
 public:
  interfering(call kind, interference decide) : kind_{kind}, decide_{std::move(decide)} {
    active[kind] = &decide_;
  }
  interfering(const interfering&) = delete;
  interfering& operator=(const interfering&) = delete;
  ~interfering() { active[kind_] = nullptr; }

 private:
  call kind_;
  interference decide_;
};

interference always(int answer) {
  return [=] { return answer; };
}

interference once(int answer) {
  return [=, done = false]() mutable { return std::exchange(done, true) ? go_ahead : answer; };
}

/// The answer for a call; an errno is set, for the caller to return -1.
int decide(call kind) {
  if (active[kind] == nullptr) return go_ahead;
  const int answer = (*active[kind])();
  if (answer > 0) errno = answer;
  return answer;
}

/// Of the last call of `sync_file_range`.
std::atomic<unsigned> last_begun_with{0};

int as_int(long answer) { return static_cast<int>(answer); }

}  // namespace

// The names on the right are what the linker puts in front of the C library's. Those on the left keep
// clear of the system's headers, whose declarations differ in detail from version to version.
extern "C" {
int my_open(const char* path, int flags, mode_t mode) __asm__("open");
int my_checked_open(const char* path, int flags) __asm__("__open_2");  // with _FORTIFY_SOURCE
int my_openat(int directory, const char* path, int flags, mode_t mode) __asm__("openat");
int my_fcntl(int file, int command, void* argument) __asm__("fcntl");
int my_close(int file) __asm__("close");
int my_stat(const char* path, struct stat* status) __asm__("stat");
int my_fstat(int file, struct stat* status) __asm__("fstat");
ssize_t my_pread(int file, void* bytes, size_t size, off_t offset) __asm__("pread");
ssize_t my_pwritev(int file, const iovec* parts, int count, off_t offset) __asm__("pwritev");
int my_fdatasync(int file) __asm__("fdatasync");
int my_fsync(int file) __asm__("fsync");
int my_sync_file_range(int file, off_t offset, off_t bytes,
                       unsigned flags) __asm__("sync_file_range");
int my_fallocate(int file, int mode, off_t offset, off_t length) __asm__("fallocate");
int my_ftruncate(int file, off_t size) __asm__("ftruncate");
int my_renameat2(int from, const char* old_name, int to, const char* new_name,
                 unsigned flags) __asm__("renameat2");
int my_linkat(int from, const char* old_name, int to, const char* new_name,
              int flags) __asm__("linkat");
int my_unlinkat(int directory, const char* name, int flags) __asm__("unlinkat");
}

int my_open(const char* path, int flags, mode_t mode) {
  if (decide(call_open) > 0) return -1;
  return as_int(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int my_checked_open(const char* path, int flags) { return my_open(path, flags, 0); }

int my_openat(int directory, const char* path, int flags, mode_t mode) {
  if (decide(call_openat) > 0) return -1;
  return as_int(::syscall(SYS_openat, directory, path, flags, mode));
}

int my_fcntl(int file, int command, void* argument) {
  if (command == F_OFD_SETLK && static_cast<const struct flock*>(argument)->l_type != F_UNLCK &&
      decide(call_lock) > 0)
    return -1;
  return as_int(::syscall(SYS_fcntl, file, command, argument));
}

int my_close(int file) {
  // Linux closes even where it fails.
  const int answer = as_int(::syscall(SYS_close, file));
  return decide(call_close) > 0 ? -1 : answer;
}

int my_stat(const char* path, struct stat* status) {
  return decide(call_stat) > 0 ? -1 : ::fstatat(AT_FDCWD, path, status, 0);
}

int my_fstat(int file, struct stat* status) {
  return decide(call_fstat) > 0 ? -1 : ::fstatat(file, "", status, AT_EMPTY_PATH);
}

ssize_t my_pread(int file, void* bytes, size_t size, off_t offset) {
  const int answer = decide(call_pread);
  if (answer > 0) return -1;
  return ::syscall(SYS_pread64, file, bytes, answer == move_one_byte ? 1 : size, offset);
}

ssize_t my_pwritev(int file, const iovec* parts, int count, off_t offset) {
  const int answer = decide(call_pwritev);
  if (answer > 0) return -1;
  if (answer == move_nothing) return 0;
  if (answer == move_one_byte) return ::syscall(SYS_pwrite64, file, parts[0].iov_base, 1, offset);
  if (answer == move_one_page)
    return ::syscall(SYS_pwrite64, file, parts[0].iov_base, page_size, offset);
  return ::syscall(SYS_pwritev, file, parts, count, offset, 0);
}

int my_fdatasync(int file) {
  return decide(call_fdatasync) > 0 ? -1 : as_int(::syscall(SYS_fdatasync, file));
}

int my_sync_file_range(int file, off_t offset, off_t bytes, unsigned flags) {
  last_begun_with = flags;
  if (decide(call_sync_file_range) > 0) return -1;
  return as_int(::syscall(SYS_sync_file_range, file, offset, bytes, flags));
}

int my_fsync(int file) { return decide(call_fsync) > 0 ? -1 : as_int(::syscall(SYS_fsync, file)); }

int my_fallocate(int file, int mode, off_t offset, off_t length) {
  if (decide(call_fallocate) > 0) return -1;
  return as_int(::syscall(SYS_fallocate, file, mode, offset, length));
}

int my_ftruncate(int file, off_t size) {
  return decide(call_ftruncate) > 0 ? -1 : as_int(::syscall(SYS_ftruncate, file, size));
}

int my_renameat2(int from, const char* old_name, int to, const char* new_name, unsigned flags) {
  if (decide(call_renameat2) > 0) return -1;
  return as_int(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}

int my_linkat(int from, const char* old_name, int to, const char* new_name, int flags) {
  if (decide(call_linkat) > 0) return -1;
  return as_int(::syscall(SYS_linkat, from, old_name, to, new_name, flags));
}

int my_unlinkat(int directory, const char* name, int flags) {
  if (decide(call_unlinkat) > 0) return -1;
  return as_int(::syscall(SYS_unlinkat, directory, name, flags));
}

namespace {

constexpr auto writing = open_mode::read_write;
constexpr auto reading = open_mode::read_only;

struct rig {
  temporary_directory directory;
  std::string path = directory / "store";

  explicit rig(std::string_view content = "text") { put_file(path, content); }

  std::unique_ptr<block_device> open() const {
    auto device = open_posix_device(path, writing);
    BOOST_REQUIRE(device.ok());
    return *std::move(device);
  }
};

result<std::size_t> read(block_device& device, read_mode mode) {
  std::array<std::byte, 4> out{};
  return device.read(2, out, mode);
}

std::ptrdiff_t files_in(const std::string& directory) {
  return std::distance(std::filesystem::directory_iterator{directory}, {});
}

/// `rename`d onto `path`, another file is there.
void replace(const std::string& path) {
  put_file(path + ".new", "other");
  BOOST_REQUIRE(std::rename((path + ".new").c_str(), path.c_str()) == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(posix_faults)

BOOST_AUTO_TEST_CASE(what_the_system_says_when_opening_has_a_meaning) {
  const rig r;
  const std::array<std::pair<int, errc>, 14> meanings{{{ENOENT, errc::no_such_store},
                                                       {ENOTDIR, errc::no_such_store},
                                                       {EACCES, errc::permission_denied},
                                                       {EPERM, errc::permission_denied},
                                                       {EISDIR, errc::not_a_store},
                                                       {ENXIO, errc::not_a_store},
                                                       {ENODEV, errc::not_a_store},
                                                       {EROFS, errc::read_only},
                                                       {ENOSPC, errc::no_space},
                                                       {EDQUOT, errc::no_space},
                                                       {EMFILE, errc::io_error},
                                                       {ELOOP, errc::io_error},
                                                       {ETXTBSY, errc::io_error},
                                                       {EIO, errc::io_error}}};
  for (const auto& [error, code] : meanings) {
    const interfering failing{call_open, always(error)};
    const auto refused = open_posix_device(r.path, writing);
    BOOST_TEST(code_of(refused) == code);
    BOOST_TEST(refused.error().os_error == error);
    BOOST_TEST(refused.error().detail.find(r.path) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(opening_is_interrupted_and_goes_on) {
  const rig r;
  const interfering failing{call_open, once(EINTR)};
  BOOST_TEST(open_posix_device(r.path, writing).ok());
}

BOOST_AUTO_TEST_CASE(a_file_system_without_locks_is_an_error) {
  const rig r;
  for (const int error : {EINVAL, ENOLCK, EOPNOTSUPP}) {
    const interfering failing{call_lock, always(error)};
    const auto refused = open_posix_device(r.path, writing);
    BOOST_TEST(code_of(refused) == errc::io_error);
    BOOST_TEST(refused.error().os_error == error);
  }
  // The two ways to say that somebody else has it.
  for (const int error : {EAGAIN, EACCES}) {
    const interfering failing{call_lock, always(error)};
    BOOST_TEST(code_of(open_posix_device(r.path, writing)) == errc::locked);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_while_it_was_opened_is_opened_again) {
  const rig r;
  const interfering replacing{call_lock, [&, replaced = false]() mutable {
                                if (!std::exchange(replaced, true)) replace(r.path);
                                return go_ahead;
                              }};
  const auto device = open_posix_device(r.path, writing);
  BOOST_REQUIRE(device.ok());
  BOOST_TEST(read_text(**device, 0, 10) == "other");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_all_the_time_is_not_to_be_had) {
  const rig r;
  int attempts = 0;
  const interfering replacing{call_lock, [&] {
                                ++attempts;
                                replace(r.path);
                                return go_ahead;
                              }};
  BOOST_TEST(code_of(open_posix_device(r.path, writing)) == errc::locked);
  BOOST_TEST(attempts == 2);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_file_system_is_another_file) {
  const rig r;
  // The path leads into /proc by the time the lock is taken, and back again for the next attempt.
  int looks = 0;
  const interfering swapping{call_stat, [&] {
                               if (++looks == 2) {
                                 std::filesystem::rename(r.path, r.path + ".aside");
                                 std::filesystem::create_symlink("/proc/self/stat", r.path);
                               } else if (looks == 3) {
                                 std::filesystem::rename(r.path + ".aside", r.path);
                               }
                               return go_ahead;
                             }};
  const auto device = open_posix_device(r.path, writing);
  BOOST_REQUIRE(device.ok());
  BOOST_TEST(read_text(**device, 0, 10) == "text");
  BOOST_TEST(looks == 4);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_removed_while_it_was_opened_is_missing) {
  const rig r;
  const interfering removing{call_lock, [&] {
                               (void)::unlink(r.path.c_str());
                               return go_ahead;
                             }};
  BOOST_TEST(code_of(open_posix_device(r.path, writing)) == errc::no_such_store);
}

BOOST_AUTO_TEST_CASE(what_took_the_files_place_before_it_was_opened_is_looked_at) {
  const rig r;
  const interfering replacing{call_open, [&, replaced = false]() mutable {
                                if (!std::exchange(replaced, true)) {
                                  (void)::unlink(r.path.c_str());
                                  BOOST_REQUIRE(::mkfifo(r.path.c_str(), 0600) == 0);
                                }
                                return go_ahead;
                              }};
  BOOST_TEST(code_of(open_posix_device(r.path, reading)) == errc::not_a_store);
}

BOOST_AUTO_TEST_CASE(the_size_is_that_of_the_locked_file) {
  const rig r;
  const interfering growing{call_lock, [&] {
                              put_file(r.path, "longer than before");
                              return go_ahead;
                            }};
  const auto device = open_posix_device(r.path, writing);
  BOOST_REQUIRE(device.ok());
  BOOST_TEST(device.value()->size() == 18U);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_looked_at_is_not_opened) {
  const rig r;
  for (const auto kind : {call_stat, call_fstat}) {
    const interfering failing{kind, always(EIO)};
    BOOST_TEST(code_of(open_posix_device(r.path, writing)) == errc::io_error);
  }
}

BOOST_AUTO_TEST_CASE(direct_reads_fall_back_where_they_are_refused_for_good) {
  const rig r;
  for (const int error : {EINVAL, EOPNOTSUPP, ENOENT, EACCES}) {
    const interfering failing{call_open, [&, n = 0]() mutable { return ++n == 2 ? error : 0; }};
    const auto device = open_posix_device(r.path, writing);
    BOOST_REQUIRE(device.ok());
    BOOST_TEST(read_text(**device, 0, 10, read_mode::direct) == "text");
  }
  // Accepted when opening, and refused when reading.
  const auto device = r.open();
  const interfering failing{call_pread, once(EINVAL)};
  BOOST_TEST(read_text(*device, 0, 10, read_mode::direct) == "text");
}

BOOST_AUTO_TEST_CASE(direct_reads_are_not_given_up_for_want_of_a_descriptor) {
  const rig r;
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    const interfering failing{call_open, [&, n = 0]() mutable { return ++n == 2 ? error : 0; }};
    const auto refused = open_posix_device(r.path, writing);
    BOOST_TEST(code_of(refused) == errc::io_error);
    BOOST_TEST(refused.error().os_error == error);
  }
  BOOST_TEST(open_posix_device(r.path, writing).ok());
}

BOOST_AUTO_TEST_CASE(interrupted_and_short_reads_go_on) {
  const auto content = pattern(100);
  const rig r{content};
  const auto device = r.open();
  for (const auto mode : {read_mode::cached, read_mode::direct}) {
    for (const int answer : {EINTR, move_one_byte}) {
      const interfering failing{call_pread, once(answer)};
      // A direct read of one byte is none at all, so it may fall back.
      BOOST_TEST(read_text(*device, 0, 200, mode) == content);
    }
  }
  int n = 0;
  const interfering failing{call_pread, [&] { return ++n % 2 == 0 ? EINTR : move_one_byte; }};
  BOOST_TEST(read_text(*device, 0, 50) == content.substr(0, 50));
  BOOST_TEST(n == 99);
}

BOOST_AUTO_TEST_CASE(a_failed_read_says_where) {
  const rig r{pattern(100)};
  const auto device = r.open();
  for (const auto mode : {read_mode::cached, read_mode::direct}) {
    const interfering failing{call_pread, always(EIO)};
    const auto failed = read(*device, mode);
    BOOST_TEST(code_of(failed) == errc::io_error);
    BOOST_TEST(failed.error().os_error == EIO);
    BOOST_TEST(failed.error().offset.value() == 2U);
  }
  const interfering failing{call_pread,
                            [n = 0]() mutable { return ++n == 2 ? EIO : move_one_byte; }};
  BOOST_TEST(read(*device, read_mode::cached).error().offset.value() == 3U);
}

BOOST_AUTO_TEST_CASE(interrupted_and_short_writes_go_on) {
  const rig r{std::string(20, '.')};
  const auto device = r.open();
  const std::array buffers{as_bytes("one"), as_bytes(""), as_bytes("two"), as_bytes("3")};
  int n = 0;
  {
    const interfering failing{call_pwritev, [&] { return ++n % 2 == 0 ? EINTR : move_one_byte; }};
    BOOST_TEST(code_of(device->write(5, buffers)) == errc::none);
  }
  BOOST_TEST(n == 13);
  BOOST_TEST(file_content(r.path) == ".....onetwo3........");
}

BOOST_AUTO_TEST_CASE(a_failed_write_says_where_and_why) {
  const rig r{std::string(20, '.')};
  const auto device = r.open();
  const std::array<std::pair<int, errc>, 4> meanings{{{EIO, errc::io_error},
                                                      {EFBIG, errc::io_error},
                                                      {ENOSPC, errc::no_space},
                                                      {EDQUOT, errc::no_space}}};
  for (const auto& [error, code] : meanings) {
    const interfering failing{call_pwritev, [error = error, n = 0]() mutable {
                                return ++n == 3 ? error : move_one_byte;
                              }};
    const auto failed = write_text(*device, 5, "four");
    BOOST_TEST(code_of(failed) == code);
    BOOST_TEST(failed.error().os_error == error);
    BOOST_TEST(failed.error().offset.value() == 7U);
  }
}

namespace {

/// Whole pages, enough of them to go past the page cache; in buffers of odd sizes.
struct large_write {
  std::string content = [] {
    std::string text;
    while (text.size() < 5 * limits::mib) text += std::to_string(text.size()) + ",";
    text.resize(5 * limits::mib);
    return text;
  }();
  rig r{std::string(6 * limits::mib, '.')};
  std::unique_ptr<block_device> device = r.open();

  result<void> write() {
    std::vector<byte_view> buffers;
    for (std::size_t at = 0, n = 1; at < content.size(); at += n, n = n * 3 % 70'001 + 1)
      buffers.push_back(as_bytes(std::string_view{content}.substr(at, n)));
    return device->write(page_size, buffers);
  }
  void check_content() const {
    auto expected = std::string(6 * limits::mib, '.');
    expected.replace(page_size, content.size(), content);
    BOOST_TEST((file_content(r.path) == expected));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_large_write_passes_by_what_the_cache_holds, large_write) {
  // Dirty pages in the cache, before and beside it.
  BOOST_TEST(code_of(write_text(*device, 0, std::string(page_size, '.'))) == errc::none);
  BOOST_TEST(code_of(write_text(*device, page_size, "old")) == errc::none);
  (void)file_content(r.path);
  BOOST_TEST(code_of(write()) == errc::none);
  BOOST_TEST(code_of(device->sync()) == errc::none);
  check_content();
}

BOOST_FIXTURE_TEST_CASE(a_large_write_goes_on_after_an_interruption, large_write) {
  {
    const interfering failing{call_pwritev, [n = 0]() mutable { return n++ % 2 == 0 ? EINTR : 0; }};
    BOOST_TEST(code_of(write()) == errc::none);
  }
  check_content();
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_directly_goes_through_the_cache, large_write) {
  // Refused at once; in the middle; after a part that ends where no direct write may begin.
  for (const int nth : {1, 2, 3}) {
    for (const int answer : {EINVAL, move_one_page, move_one_byte, move_nothing}) {
      BOOST_TEST_CONTEXT("write " << nth << ", answer " << answer) {
        {
          const interfering failing{call_pwritev,
                                    [&, n = 0]() mutable { return ++n == nth ? answer : 0; }};
          BOOST_TEST(code_of(write()) == errc::none);
        }
        check_content();
        BOOST_TEST(code_of(write_text(*device, page_size, std::string(100'000, 'x'))) ==
                   errc::none);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(large_writes_of_any_place_and_size, large_write) {
  // Whole pages but no whole buffers; part of a page at the end, at the start, at both.
  for (const auto& [offset, bytes] : {std::pair{page_size, 4 * limits::mib + 3 * page_size},
                                      std::pair{page_size, 4 * limits::mib + 5},
                                      std::pair{page_size + 7, 4 * limits::mib + page_size},
                                      std::pair{std::uint64_t{9}, 4 * limits::mib + 1}}) {
    auto expected = file_content(r.path);
    expected.replace(offset, bytes, content, 0, bytes);
    BOOST_TEST(code_of(write_text(*device, offset, std::string_view{content}.substr(0, bytes))) ==
               errc::none);
    BOOST_TEST((file_content(r.path) == expected));
  }
}

BOOST_FIXTURE_TEST_CASE(a_failed_large_write_says_where_and_why, large_write) {
  for (const auto& [error, code] :
       {std::pair{EIO, errc::io_error}, std::pair{ENOSPC, errc::no_space}}) {
    const interfering failing{call_pwritev,
                              [error = error, n = 0]() mutable { return ++n == 2 ? error : 0; }};
    const auto failed = write();
    BOOST_TEST(code_of(failed) == code);
    BOOST_TEST(failed.error().os_error == error);
    BOOST_TEST(failed.error().offset.value() == page_size + 2 * limits::mib);
  }
}

namespace {

/// Eight writes of 64 KiB.
void write_half_a_mib(block_device& device) {
  for (std::uint64_t at = 0; at < limits::mib / 2; at += 64 * limits::kib)
    BOOST_TEST(code_of(write_text(device, at, std::string(64 * limits::kib, 'n'))) == errc::none);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_disk_begins_with_what_is_written_before_the_sync_wants_it) {
  const rig r{std::string(limits::mib, '.')};
  const auto device = r.open();
  int begun = 0;
  const interfering counted{call_sync_file_range, [&] {
                              ++begun;
                              return go_ahead;
                            }};
  write_half_a_mib(*device);
  BOOST_TEST(begun == 2);
  // One that waits would take an error of a write-back away from the sync.
  BOOST_TEST(last_begun_with == unsigned{SYNC_FILE_RANGE_WRITE});
  // What a sync has written out is not begun with again.
  for (int round = 0; round < 4; ++round) {
    BOOST_TEST(code_of(write_text(*device, 0, std::string(200 * limits::kib, 'm'))) == errc::none);
    BOOST_TEST(code_of(device->sync()) == errc::none);
  }
  BOOST_TEST(begun == 2);
}

BOOST_AUTO_TEST_CASE(where_a_disk_is_not_told_to_begin_the_sync_does_all) {
  const rig r{std::string(limits::mib / 2, '.')};
  const auto device = r.open();
  for (const int refusal : {ENOSYS, EINVAL, ESPIPE, EPERM, ENOMEM, EAGAIN, EINTR}) {
    const interfering refused{call_sync_file_range, always(refusal)};
    write_half_a_mib(*device);
    BOOST_TEST(code_of(device->sync()) == errc::none);
  }
  BOOST_TEST((file_content(r.path) == std::string(limits::mib / 2, 'n')));
}

BOOST_AUTO_TEST_CASE(what_the_kernel_cannot_begin_to_write_has_failed) {
  const rig r{std::string(limits::mib, '.')};
  const auto device = r.open();
  for (const auto& [error, code] :
       {std::pair{EIO, errc::io_error}, std::pair{ENOSPC, errc::no_space}}) {
    const interfering failing{call_sync_file_range, always(error)};
    const auto failed = write_text(*device, page_size, std::string(limits::mib / 2, 'n'));
    BOOST_TEST(code_of(failed) == code);
    BOOST_TEST(failed.error().os_error == error);
    BOOST_TEST(!failed.error().offset.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_write_that_moves_nothing_is_not_repeated_for_ever) {
  const rig r;
  const auto device = r.open();
  const interfering failing{call_pwritev, always(move_nothing)};
  BOOST_TEST(code_of(write_text(*device, 0, "x")) == errc::io_error);
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_never_repeated) {
  const rig r;
  const auto device = r.open();
  for (const int error : {EIO, ENOSPC, EDQUOT, EINTR}) {
    int n = 0;
    const interfering failing{call_fdatasync, [&] {
                                ++n;
                                return error;
                              }};
    const auto failed = device->sync();
    BOOST_TEST(code_of(failed) == errc::io_error);
    BOOST_TEST(failed.error().os_error == error);
    BOOST_TEST(n == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_failed_allocation_changes_nothing) {
  const rig r;
  const auto device = r.open();
  const std::array<std::pair<int, errc>, 5> meanings{{{ENOSPC, errc::no_space},
                                                      {EDQUOT, errc::no_space},
                                                      {EFBIG, errc::no_space},
                                                      {EIO, errc::io_error},
                                                      {EPERM, errc::io_error}}};
  for (const auto& [error, code] : meanings) {
    // As a file system that had given some of it before it ran out.
    const interfering failing{call_fallocate, [&, error = error] {
                                BOOST_REQUIRE(::truncate(r.path.c_str(), 100) == 0);
                                return error;
                              }};
    const auto failed = device->allocate(1000);
    BOOST_TEST(code_of(failed) == code);
    BOOST_TEST(failed.error().os_error == error);
    BOOST_TEST(device->size() == 4U);
    BOOST_TEST(file_content(r.path) == "text");
  }
  BOOST_TEST(code_of(device->allocate(1000)) == errc::none);
}

BOOST_AUTO_TEST_CASE(space_that_cannot_be_given_back_is_an_error) {
  const rig r;
  const auto device = r.open();
  const interfering full{call_fallocate, always(ENOSPC)};
  const interfering stuck{call_ftruncate, always(EIO)};
  const auto failed = device->allocate(1000);
  BOOST_TEST(code_of(failed) == errc::io_error);
  BOOST_TEST(failed.error().os_error == ENOSPC);
  BOOST_TEST(failed.error().detail.find("given back") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_interrupted_allocation_goes_on) {
  const rig r;
  const auto device = r.open();
  const interfering failing{call_fallocate, once(EINTR)};
  BOOST_TEST(code_of(device->allocate(1000)) == errc::none);
  BOOST_TEST(device->size() == 1000U);
}

BOOST_AUTO_TEST_CASE(where_space_cannot_be_reserved_it_is_written) {
  for (const int error : {EOPNOTSUPP, ENOSYS}) {
    const rig r;
    const auto device = r.open();
    const interfering refusing{call_fallocate, always(error)};
    BOOST_TEST(code_of(device->allocate(2'500'000)) == errc::none);
    BOOST_TEST(device->size() == 2'500'000U);
    BOOST_TEST((file_content(r.path) == "text" + std::string(2'499'996, '\0')));
    struct stat status {};
    BOOST_REQUIRE(::stat(r.path.c_str(), &status) == 0);
    BOOST_TEST(status.st_blocks * 512 >= 2'499'996);
  }
}

BOOST_AUTO_TEST_CASE(zeros_that_do_not_fit_are_taken_back) {
  const rig r;
  const auto device = r.open();
  const interfering refusing{call_fallocate, always(EOPNOTSUPP)};
  for (const int error : {ENOSPC, EIO}) {
    const interfering full{call_pwritev, [=, n = 0]() mutable { return ++n == 2 ? error : 0; }};
    BOOST_TEST(code_of(device->allocate(2'500'000)) ==
               (error == ENOSPC ? errc::no_space : errc::io_error));
    BOOST_TEST(device->size() == 4U);
    BOOST_TEST(file_content(r.path) == "text");
  }
}

BOOST_AUTO_TEST_CASE(a_failed_cut_changes_nothing_and_an_interrupted_one_goes_on) {
  const rig r;
  const auto device = r.open();
  {
    const interfering failing{call_ftruncate, always(EIO)};
    const auto failed = device->resize(2);
    BOOST_TEST(code_of(failed) == errc::io_error);
    BOOST_TEST(failed.error().os_error == EIO);
    BOOST_TEST(device->size() == 4U);
  }
  const interfering interrupted{call_ftruncate, once(EINTR)};
  BOOST_TEST(code_of(device->resize(2)) == errc::none);
  BOOST_TEST(file_content(r.path) == "te");
}

BOOST_AUTO_TEST_CASE(a_failed_close_is_told_once) {
  const rig r;
  for (const int error : {EIO, ENOSPC, EINTR}) {
    const auto device = r.open();
    {
      const interfering failing{call_close, always(error)};
      const auto closed = device->close();
      BOOST_TEST(code_of(closed) == (error == EINTR ? errc::none : errc::io_error));
    }
    BOOST_TEST(code_of(device->close()) == errc::none);
  }
  BOOST_TEST(open_posix_device(r.path, writing).ok());
}

BOOST_AUTO_TEST_CASE(a_creation_that_cannot_begin_leaves_nothing) {
  const temporary_directory directory;
  const auto path = directory / "store";
  const auto begin_with = [&](call kind, int error, int nth = 1) {
    const interfering failing{kind, [=, n = 0]() mutable { return ++n == nth ? error : 0; }};
    return code_of(posix_creation::begin(path));
  };
  BOOST_TEST(begin_with(call_open, EACCES) == errc::permission_denied);
  BOOST_TEST(begin_with(call_openat, EROFS) == errc::read_only);
  BOOST_TEST(begin_with(call_openat, ENOSPC) == errc::no_space);
  BOOST_TEST(begin_with(call_openat, EDQUOT) == errc::no_space);
  BOOST_TEST(begin_with(call_lock, ENOLCK) == errc::io_error);
  BOOST_TEST(begin_with(call_lock, EAGAIN) == errc::locked);
  // The second open is the one for direct reads.
  BOOST_TEST(begin_with(call_open, EMFILE, 2) == errc::io_error);
  BOOST_TEST(files_in(directory.path()) == 0);
  BOOST_TEST(begin_with(call_openat, EINTR) == errc::none);
  BOOST_TEST(files_in(directory.path()) == 0);
}

BOOST_AUTO_TEST_CASE(without_renameat2_a_link_gives_the_name) {
  for (const int error : {EINVAL, ENOSYS}) {
    const temporary_directory directory;
    const interfering refusing{call_renameat2, always(error)};
    auto creation = *posix_creation::begin(directory / "store");
    auto late = *posix_creation::begin(directory / "store");
    BOOST_TEST(creation.publish().ok());
    BOOST_TEST(code_of(late.publish()) == errc::already_exists);
    { const auto gone = std::move(late); }
    BOOST_TEST(files_in(directory.path()) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_given_leaves_nothing) {
  const temporary_directory directory;
  {
    const interfering failing{call_renameat2, always(EIO)};
    auto creation = *posix_creation::begin(directory / "store");
    BOOST_TEST(code_of(creation.publish()) == errc::io_error);
  }
  BOOST_TEST(files_in(directory.path()) == 0);
  {
    const interfering refusing{call_renameat2, always(EINVAL)};
    const interfering failing{call_linkat, always(EPERM)};
    auto creation = *posix_creation::begin(directory / "store");
    BOOST_TEST(code_of(creation.publish()) == errc::permission_denied);
  }
  BOOST_TEST(files_in(directory.path()) == 0);
}

BOOST_AUTO_TEST_CASE(a_temporary_name_that_stays_is_an_error) {
  const temporary_directory directory;
  const interfering refusing{call_renameat2, always(EINVAL)};
  {
    const interfering failing{call_unlinkat, once(EIO)};
    auto creation = *posix_creation::begin(directory / "store");
    BOOST_TEST(code_of(creation.publish()) == errc::io_error);
  }
  // The destructor has tried again.
  BOOST_TEST(files_in(directory.path()) == 1);
  BOOST_TEST(open_posix_device(directory / "store", writing).ok());
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_durable_is_an_error) {
  const temporary_directory directory;
  int n = 0;
  {
    const interfering failing{call_fsync, [&] {
                                ++n;
                                return EIO;
                              }};
    auto creation = *posix_creation::begin(directory / "store");
    const auto failed = creation.publish();
    BOOST_TEST(code_of(failed) == errc::io_error);
    BOOST_TEST(failed.error().os_error == EIO);
  }
  BOOST_TEST(n == 1);
  // As promised: whole, and not locked any more.
  BOOST_TEST(files_in(directory.path()) == 1);
  BOOST_TEST(open_posix_device(directory / "store", writing).ok());
}

BOOST_AUTO_TEST_CASE(a_directory_whose_name_is_not_durable_is_an_error) {
  for (const auto& [kind, error, code] : {std::tuple{call_fsync, EIO, errc::io_error},
                                          std::tuple{call_open, EACCES, errc::permission_denied}}) {
    const temporary_directory directory;
    const interfering failing{kind, always(error)};
    const auto made = make_directories_for(directory / "a/b/store");
    BOOST_TEST(code_of(made) == code);
    BOOST_TEST(made.error().os_error == error);
    BOOST_TEST(made.error().detail == "the directory " + directory.path());
    BOOST_TEST(!std::filesystem::exists(directory / "a/b"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
