#include <stowage/tests/power/loop_mount.hpp>

#include <stowage/tests/power/child_process.hpp>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace stowage::test {

namespace {

constexpr unsigned loop_major = 7;

// The node of a loop device, which where nothing watches for new devices has to be made.
posix::descriptor open_loop(int number, const std::string& own_node) {
  const auto path = "/dev/loop" + std::to_string(number);
  if (::access(path.c_str(), F_OK) == 0) return open_or_refuse(path, O_RDWR);
  (void)::unlink(own_node.c_str());
  if (::mknod(own_node.c_str(), S_IFBLK | 0600,
              ::makedev(loop_major, static_cast<unsigned>(number))) != 0)
    refuse(own_node, errno);
  return open_or_refuse(own_node, O_RDWR);
}

// The loop driver takes what its file has taken of a request for all of it, and so loses the error of a part (Linux
// 6.18): no request may reach the file in parts. The largest one of the kernel's choice is more than a file system in
// user space takes at once.
void limit_requests(const struct stat& device) {
  const auto path = "/sys/dev/block/" + std::to_string(::major(device.st_rdev)) + ":" +
                    std::to_string(::minor(device.st_rdev)) + "/queue/max_sectors_kb";
  const auto limit = open_or_refuse(path, O_WRONLY);
  const auto kib = std::to_string(loop_mount::request_bytes_max / 1024);
  if (::write(limit.get(), kib.data(), kib.size()) < 0) refuse(path, errno);
}

// A free loop device over `backing`; it is free again when its last user is gone.
std::pair<posix::descriptor, std::string> attach_loop(const posix::descriptor& backing,
                                                      const std::string& own_node) {
  const auto control = open_or_refuse("/dev/loop-control", O_RDWR);
  for (;;) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) refuse("no free loop device", errno);
    auto loop = open_loop(number, own_node);
    loop_config config{};
    config.fd = static_cast<__u32>(backing.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) {
      struct stat status {};
      if (::fstat(loop.get(), &status) != 0) refuse("a loop device", errno);
      limit_requests(status);
      auto path = "/proc/self/fd/" + std::to_string(loop.get());
      return {std::move(loop), std::move(path)};
    }
    // Somebody else was faster.
    if (errno != EBUSY) refuse("a loop device on a file of ours", errno);
  }
}

}  // namespace

void refuse(const std::string& what, int error) {
  const auto text = what + ": " + std::strerror(error);
  if (error == EPERM || error == EACCES || error == ENODEV || error == ENOENT || error == ENXIO)
    throw unavailable{text};
  throw std::runtime_error{text};
}

posix::descriptor open_or_refuse(const std::string& path, int flags) {
  posix::descriptor file{::open(path.c_str(), flags | O_CLOEXEC, 0600)};
  if (!file) refuse(path, errno);
  return file;
}

loop_mount::loop_mount(const std::string& file, std::string mountpoint, const std::string& spare)
    : mountpoint_{std::move(mountpoint)} {
  const auto backing = open_or_refuse(file, O_RDWR);
  const auto [loop, path] = attach_loop(backing, spare);
  if (::mount(path.c_str(), mountpoint_.c_str(), "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID,
              nullptr) != 0)
    refuse("mounting ext4", errno);
}

loop_mount::~loop_mount() {
  if (::umount2(mountpoint_.c_str(), UMOUNT_NOFOLLOW) != 0)
    (void)::umount2(mountpoint_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

void run_ext4_tool(const std::vector<std::string>& arguments, int highest_code) {
  if (::access(arguments.front().c_str(), X_OK) != 0)
    throw unavailable{arguments.front() + " is not there: install e2fsprogs"};
  const auto said = run_program(arguments);
  if (said.code > highest_code)
    throw std::runtime_error{arguments.front() + ": exit code " + std::to_string(said.code) + ": " +
                             said.out + said.err};
}

void make_ext4(const std::string& file) {
  // Nothing is left for the kernel to initialize later, in the midst of a test.
  run_ext4_tool({"/sbin/mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-E",
                 "lazy_itable_init=0,lazy_journal_init=0,nodiscard", file},
                0);
}

void repair_ext4(const std::string& file) {
  // 1: repaired.
  run_ext4_tool({"/sbin/e2fsck", "-f", "-y", file}, 1);
}

}  // namespace stowage::test
