// The device on real files: what it stores, what it refuses to open, and where the disk is full.

#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

using namespace stowage;
using namespace stowage::test;

namespace {

struct rig {
  temporary_directory directory;
  std::string path = directory / "store";

  explicit rig(std::string_view content = {}) { put_file(path, content); }

  std::unique_ptr<block_device> open(open_mode mode = open_mode::read_write) const {
    auto device = open_posix_device(path, mode);
    BOOST_REQUIRE_MESSAGE(device.ok(), "open: " << (device ? "" : describe(device.error())));
    return *std::move(device);
  }
};

/// The blocks a file really has, in bytes.
std::uint64_t allocated(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

/// How often this thread gave up its CPU because it had to wait for something.
long waits_of_this_thread() {
  rusage usage{};
  BOOST_REQUIRE(::getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nvcsw;
}

failure open_failure(const std::string& path, open_mode mode = open_mode::read_write) {
  const auto device = open_posix_device(path, mode);
  BOOST_REQUIRE(!device.ok());
  return device.error();
}

/// While it lives, files of this process end at `bytes`.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) : handler_{::signal(SIGXFSZ, SIG_IGN)} {
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit now{bytes, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    (void)::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_{};
};

/// Runs `body` on a thread that alone sees `directory` as a file system of `bytes` bytes; false where
/// this process may not mount.
bool on_small_file_system(const std::string& directory, std::size_t bytes,
                          const std::function<void()>& body) {
  bool mounted = false;
  std::thread{[&] {
    const auto options = "size=" + std::to_string(bytes);
    mounted = ::unshare(CLONE_FS | CLONE_NEWNS) == 0 &&
              ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
              ::mount("tmpfs", directory.c_str(), "tmpfs", 0, options.c_str()) == 0;
    if (mounted) body();
  }}.join();
  return mounted;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(posix_devices)

BOOST_AUTO_TEST_CASE(what_is_written_lasts) {
  const rig r;
  {
    const auto device = r.open();
    BOOST_TEST(device->size() == 0U);
    BOOST_TEST(code_of(device->allocate(10'000)) == errc::none);
    BOOST_TEST(device->size() == 10'000U);
    BOOST_TEST(read_text(*device, 0, 20'000) == std::string(10'000, '\0'));
    BOOST_TEST(code_of(write_text(*device, 5000, "text")) == errc::none);
    BOOST_TEST(code_of(device->sync()) == errc::none);
    BOOST_TEST(read_text(*device, 4999, 6) == std::string("\0text\0", 6));
    device->drop_cache();
    BOOST_TEST(code_of(device->close()) == errc::none);
  }
  const auto device = r.open(open_mode::read_only);
  BOOST_TEST(device->size() == 10'000U);
  BOOST_TEST(read_text(*device, 5000, 4) == "text");
}

BOOST_AUTO_TEST_CASE(reads_end_where_the_file_does) {
  const auto content = pattern(5000);
  const rig r{content};
  const auto device = r.open();
  for (const auto mode : {read_mode::cached, read_mode::direct}) {
    BOOST_TEST(read_text(*device, 0, 9000, mode) == content);
    BOOST_TEST(read_text(*device, 4990, 100, mode) == content.substr(4990));
    BOOST_TEST(read_text(*device, 5000, 1, mode).empty());
    BOOST_TEST(read_text(*device, 1'000'000, 1, mode).empty());
    BOOST_TEST(read_text(*device, std::uint64_t{1} << 61U, 10, mode).empty());
    BOOST_TEST(read_text(*device, ~std::uint64_t{0}, 10, mode).empty());
    BOOST_TEST(read_text(*device, 0, 0, mode).empty());
  }
}

BOOST_AUTO_TEST_CASE(direct_reads_need_no_alignment) {
  // More than twice what the device reads directly at a time.
  const auto content = pattern(2'500'000);
  const rig r{content};
  const auto device = r.open();
  for (const std::size_t offset : {0U, 1U, 511U, 4095U, 4096U, 4097U, 1'048'575U})
    for (const std::size_t size : {1U, 2U, 4096U, 4097U, 1'048'576U, 1'048'577U, 2'400'000U})
      BOOST_TEST(
          (read_text(*device, offset, size, read_mode::direct) == content.substr(offset, size)),
          "offset " << offset << ", size " << size);
}

BOOST_AUTO_TEST_CASE(direct_reads_show_what_was_just_written) {
  const rig r{pattern(8192)};
  const auto device = r.open();
  BOOST_TEST(code_of(write_text(*device, 4000, std::string(200, 'x'))) == errc::none);
  BOOST_TEST(read_text(*device, 4000, 200, read_mode::direct) == std::string(200, 'x'));
}

BOOST_AUTO_TEST_CASE(direct_reads_fall_back_where_the_file_system_has_none) {
  // Regular files, that cannot be opened with O_DIRECT.
  const auto device = open_posix_device("/proc/version", open_mode::read_only);
  BOOST_REQUIRE(device.ok());
  const auto text = read_text(**device, 0, 1000, read_mode::cached);
  BOOST_TEST(text.starts_with("Linux"));
  BOOST_TEST(read_text(**device, 0, 1000, read_mode::direct) == text);
}

BOOST_AUTO_TEST_CASE(resident_reads_bring_what_is_in_memory_and_wait_for_nothing) {
  const rig r{pattern(1'000'000)};
  const auto device = r.open();
  BOOST_REQUIRE(device->sync().ok());
  device->drop_cache();
  std::string out(100'000, '?');
  const auto bytes = std::as_writable_bytes(std::span{out});
  const auto before = waits_of_this_thread();
  const auto cold = device->read(300'000, bytes, read_mode::resident);
  BOOST_REQUIRE(cold.ok());
  BOOST_TEST(waits_of_this_thread() == before);
  BOOST_TEST((out.substr(0, *cold) == pattern(1'000'000).substr(300'000, *cold)));

  BOOST_TEST(read_text(*device, 300'000, 100'000).size() == 100'000U);
  const auto hot = device->read(300'000, bytes, read_mode::resident);
  BOOST_REQUIRE(hot.ok());
  if (*hot == 0) {
    // Not all of them can tell what lies in memory.
    BOOST_TEST_MESSAGE("skipped: this file system has no reads without a wait");
    return;
  }
  BOOST_TEST(*hot == out.size());
  BOOST_TEST((out == pattern(1'000'000).substr(300'000, out.size())));
  BOOST_TEST(device->read(999'990, bytes, read_mode::resident).value() <= 10U);
  BOOST_TEST(device->read(1'000'000, bytes, read_mode::resident).value() == 0U);
  BOOST_TEST(device->read(UINT64_MAX, bytes, read_mode::resident).value() == 0U);
}

BOOST_AUTO_TEST_CASE(many_and_large_buffers_are_written_in_order) {
  // More than one pwritev takes, with empty ones in between.
  const auto content = pattern(IOV_MAX * 30);
  std::vector<byte_view> buffers;
  for (std::size_t at = 0; at < content.size(); at += 10) {
    buffers.push_back(as_bytes(std::string_view{content}.substr(at, 10)));
    if (at % 70 == 0) buffers.emplace_back();
  }
  BOOST_TEST(buffers.size() > 3U * IOV_MAX);
  const rig r;
  const auto device = r.open();
  BOOST_TEST(code_of(device->allocate(content.size() + 7)) == errc::none);
  BOOST_TEST(code_of(device->write(7, buffers)) == errc::none);
  BOOST_TEST((file_content(r.path) == std::string(7, '\0') + content));

  BOOST_TEST(code_of(device->write(0, {})) == errc::none);
  BOOST_TEST(code_of(write_text(*device, content.size() + 7, "")) == errc::none);
}

BOOST_AUTO_TEST_CASE(reads_go_on_beside_writes) {
  const auto content = pattern(65'536);
  const rig r{content};
  const auto device = r.open();
  BOOST_TEST(code_of(device->allocate(131'072)) == errc::none);
  std::atomic<int> wrong = 0;
  const auto reads = [&](read_mode mode) {
    for (int i = 0; i < 200; ++i) {
      std::string text(3000, '?');
      const auto offset = static_cast<std::size_t>(i * 301 % 60'000);
      const auto got = device->read(offset, std::as_writable_bytes(std::span{text}), mode);
      if (!got || text != content.substr(offset, 3000)) ++wrong;
    }
  };
  std::thread cached{reads, read_mode::cached};
  std::thread direct{reads, read_mode::direct};
  for (std::uint64_t i = 0; i < 200; ++i) (void)write_text(*device, 65'536 + i * 100, "written");
  cached.join();
  direct.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(allocated_space_is_really_there) {
  const rig r;
  const auto device = r.open();
  BOOST_TEST(code_of(device->allocate(1'000'000)) == errc::none);
  BOOST_TEST(allocated(r.path) >= 1'000'000U);
  // Shorter is longer already.
  BOOST_TEST(code_of(device->allocate(10)) == errc::none);
  BOOST_TEST(device->size() == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_grows_back_as_zeros) {
  const rig r{std::string(10'000, 'x')};
  const auto device = r.open();
  BOOST_TEST(code_of(device->resize(5000)) == errc::none);
  BOOST_TEST(device->size() == 5000U);
  BOOST_TEST(code_of(device->allocate(6000)) == errc::none);
  BOOST_TEST(read_text(*device, 4999, 3) == std::string("x\0\0", 3));
}

BOOST_AUTO_TEST_CASE(mistakes_are_broken_invariants_and_do_nothing) {
  const rig r{"text"};
  const auto device = r.open();
  BOOST_CHECK_THROW((void)write_text(*device, 3, "ab"), invariant_violation);
  BOOST_CHECK_THROW((void)write_text(*device, 5, ""), invariant_violation);
  BOOST_CHECK_THROW((void)device->resize(5), invariant_violation);
  BOOST_TEST(file_content(r.path) == "text");
}

BOOST_AUTO_TEST_CASE(a_read_only_device_changes_nothing) {
  const rig r{"text"};
  const auto device = r.open(open_mode::read_only);
  for (const auto& outcome :
       {write_text(*device, 0, "x"), device->sync(), device->allocate(100), device->resize(1)})
    BOOST_TEST(code_of(outcome) == errc::read_only);
  BOOST_TEST(file_content(r.path) == "text");
  BOOST_TEST(read_text(*device, 0, 4) == "text");
}

BOOST_AUTO_TEST_CASE(a_second_close_has_nothing_to_say) {
  const rig r;
  const auto device = r.open();
  BOOST_TEST(code_of(device->close()) == errc::none);
  BOOST_TEST(code_of(device->close()) == errc::none);
}

BOOST_AUTO_TEST_CASE(missing_files_are_not_created) {
  const rig r{"text"};
  for (const auto mode : {open_mode::read_write, open_mode::read_only}) {
    BOOST_TEST(open_failure(r.directory / "missing", mode).code == errc::no_such_store);
    BOOST_TEST(open_failure(r.directory / "missing/store", mode).code == errc::no_such_store);
    BOOST_TEST(open_failure(r.path + "/store", mode).code == errc::no_such_store);
    BOOST_TEST(open_failure("", mode).code == errc::no_such_store);
  }
  BOOST_TEST(::access((r.directory / "missing").c_str(), F_OK) == -1);
  BOOST_TEST(open_failure(r.directory / "missing").detail.find("missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_that_no_file_can_have) {
  const rig r;
  const auto why = open_failure(r.path + std::string{"\0x", 2});
  BOOST_TEST(why.code == errc::invalid_argument);
  BOOST_TEST(open_failure(r.directory / std::string(5000, 'x')).code == errc::io_error);
}

BOOST_AUTO_TEST_CASE(only_regular_files_are_opened_and_none_is_waited_for) {
  const temporary_directory directory;
  BOOST_REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto socket_path = directory / "socket";
  BOOST_REQUIRE(socket_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  const std::array<std::pair<std::string, std::string>, 4> kinds{{{directory.path(), "a directory"},
                                                                  {directory / "fifo", "a FIFO"},
                                                                  {socket_path, "a socket"},
                                                                  {"/dev/null", "a device"}}};
  for (const auto& [path, kind] : kinds) {
    for (const auto mode : {open_mode::read_write, open_mode::read_only}) {
      const auto why = open_failure(path, mode);
      BOOST_TEST(why.code == errc::not_a_store);
      BOOST_TEST(why.detail.ends_with("is " + kind));
    }
  }
  ::close(socket);
}

BOOST_AUTO_TEST_CASE(symlinks_that_lead_nowhere) {
  const temporary_directory directory;
  BOOST_REQUIRE(::symlink("missing", (directory / "dangling").c_str()) == 0);
  BOOST_REQUIRE(::symlink("loop", (directory / "loop").c_str()) == 0);
  BOOST_TEST(open_failure(directory / "dangling").code == errc::no_such_store);
  BOOST_TEST(::access((directory / "missing").c_str(), F_OK) == -1);
  const auto loop = open_failure(directory / "loop");
  BOOST_TEST(loop.code == errc::io_error);
  BOOST_TEST(loop.os_error == ELOOP);
}

BOOST_AUTO_TEST_CASE(permissions_are_respected) {
  const rig r{"text"};
  BOOST_REQUIRE(::chmod(r.directory.path().c_str(), 0755) == 0);
  BOOST_REQUIRE(::chmod(r.path.c_str(), 0444) == 0);
  // Root may do everything; somebody else may not.
  const auto user = ::setfsuid(::geteuid() == 0 ? 65'534 : ::geteuid());
  const auto writing = open_posix_device(r.path, open_mode::read_write);
  const auto reading = open_posix_device(r.path, open_mode::read_only);
  ::setfsuid(static_cast<uid_t>(user));
  BOOST_TEST(code_of(writing) == errc::permission_denied);
  BOOST_TEST(code_of(reading) == errc::none);
}

BOOST_AUTO_TEST_CASE(a_file_size_limit_is_a_full_disk_when_growing) {
  const rig r{"text"};
  const auto device = r.open();
  {
    const file_size_limit limit{1U << 20U};
    const auto refused = device->allocate(1U << 21U);
    BOOST_TEST(code_of(refused) == errc::no_space);
    BOOST_TEST(refused.error().os_error == EFBIG);
    BOOST_TEST(device->size() == 4U);
    BOOST_TEST(code_of(device->allocate(1U << 20U)) == errc::none);
  }
  BOOST_TEST(code_of(device->allocate(1U << 21U)) == errc::none);
}

BOOST_AUTO_TEST_CASE(a_write_that_stops_half_way_says_where) {
  // The kernel writes up to the limit, which is a short write, and refuses the rest.
  constexpr std::size_t limit_bytes = 1U << 20U;
  const rig r;
  const auto device = r.open();
  BOOST_TEST(code_of(device->allocate(2 * limit_bytes)) == errc::none);
  result<void> outcome;
  {
    const file_size_limit limit{limit_bytes};
    const std::string text(1000, 'x');
    const std::array buffers{as_bytes(text), as_bytes(text), as_bytes(text)};
    outcome = device->write(limit_bytes - 1500, buffers);
  }
  BOOST_TEST(code_of(outcome) == errc::io_error);
  BOOST_TEST(outcome.error().os_error == EFBIG);
  BOOST_TEST(outcome.error().offset.value() == limit_bytes);
  BOOST_TEST(read_text(*device, limit_bytes - 1501, 1502) ==
             std::string(1, '\0') + std::string(1500, 'x') + std::string(1, '\0'));
}

BOOST_AUTO_TEST_CASE(a_full_disk) {
  constexpr std::uint64_t mib = 1U << 20U;
  const temporary_directory directory;
  const auto path = directory / "store";
  result<void> grown;
  result<void> written;
  result<void> smaller;
  std::uint64_t kept = 0;
  std::uint64_t size = 0;
  const bool mounted = on_small_file_system(directory.path(), mib, [&] {
    put_file(path, "text");
    put_file(directory / "sparse", "");
    std::filesystem::resize_file(directory / "sparse", 4 * mib);
    {
      const auto device = *open_posix_device(path, open_mode::read_write);
      grown = device->allocate(2 * mib);
      kept = allocated(path);
      size = device->size();
      smaller = device->allocate(mib / 2);
    }
    const auto sparse = *open_posix_device(directory / "sparse", open_mode::read_write);
    written = write_text(*sparse, 0, std::string(2 * mib, 'x'));
  });
  if (!mounted) {
    BOOST_TEST_MESSAGE("skipped: may not mount a file system");
    return;
  }
  BOOST_TEST(code_of(grown) == errc::no_space);
  BOOST_TEST(grown.error().os_error == ENOSPC);
  BOOST_TEST(size == 4U);
  BOOST_TEST(kept == 4096U);
  BOOST_TEST(code_of(smaller) == errc::none);
  BOOST_TEST(code_of(written) == errc::no_space);
  BOOST_TEST(written.error().offset.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
