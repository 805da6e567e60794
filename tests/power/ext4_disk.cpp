#include <stowage/tests/power/ext4_disk.hpp>

#include <stowage/storage/device/posix_file.hpp>
#include <stowage/tests/power/child_process.hpp>

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

constexpr std::uint64_t disk_bytes = 64ULL << 20U;
constexpr const char* disk_file = "disk";
constexpr unsigned loop_major = 7;

// What this machine does not let us have.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void refuse(const std::string& what, int error) {
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

// The node of a loop device, which where nothing watches for new devices has to be made.
posix::descriptor open_loop(int number, const std::string& own_node) {
  const auto path = "/dev/loop" + std::to_string(number);
  if (::access(path.c_str(), F_OK) == 0) return open_or_refuse(path, O_RDWR);
  (void)::unlink(own_node.c_str());
  if (::mknod(own_node.c_str(), S_IFBLK | 0600, ::makedev(loop_major, number)) != 0)
    refuse(own_node, errno);
  return open_or_refuse(own_node, O_RDWR);
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
      auto path = "/proc/self/fd/" + std::to_string(loop.get());
      return {std::move(loop), std::move(path)};
    }
    // Somebody else was faster.
    if (errno != EBUSY) refuse("a loop device on a file of ours", errno);
  }
}

void run_tool(const std::vector<std::string>& arguments, int highest_code) {
  if (::access(arguments.front().c_str(), X_OK) != 0)
    throw unavailable{arguments.front() + " is not there: install e2fsprogs"};
  const auto said = run_program(arguments);
  if (said.code > highest_code)
    throw std::runtime_error{arguments.front() + ": exit code " + std::to_string(said.code) + ": " +
                             said.out + said.err};
}

// Where on the disk the bytes of a file from `from` on stand.
std::vector<extent> places_of(const std::string& path, std::uint64_t from) {
  const auto file = open_or_refuse(path, O_RDONLY);
  constexpr unsigned extents_max = 256;
  std::vector<std::byte> room(sizeof(fiemap) + extents_max * sizeof(fiemap_extent));
  auto* const map = reinterpret_cast<fiemap*>(room.data());
  map->fm_start = from;
  map->fm_length = FIEMAP_MAX_OFFSET - from;
  map->fm_extent_count = extents_max;
  if (::ioctl(file.get(), FS_IOC_FIEMAP, map) != 0) refuse("extents of " + path, errno);
  std::vector<extent> places;
  for (unsigned i = 0; i < map->fm_mapped_extents; ++i) {
    const auto& e = map->fm_extents[i];
    // The first one may begin before what was asked for.
    const auto before = from > e.fe_logical ? from - e.fe_logical : 0;
    places.push_back({e.fe_physical + before, e.fe_length - before});
  }
  if (places.empty()) throw std::runtime_error{path + " stands nowhere"};
  return places;
}

std::string read_page(const posix::descriptor& file, std::uint64_t offset) {
  page_buffer page{page_size};
  const auto n = ::pread(file.get(), page.bytes().data(), page_size, static_cast<off_t>(offset));
  if (n < 0) throw std::runtime_error{std::string{"a page of a store: "} + std::strerror(errno)};
  return std::string{as_text(page.bytes().first(static_cast<std::size_t>(n)))};
}

}  // namespace

std::string ext4_disk::why_unavailable() {
  if (auto why = recording_mount::why_unavailable(); !why.empty()) return why;
  if (::geteuid() != 0) return "only root may mount a loop device";
  static const std::string refused = []() -> std::string {
    try {
      const ext4_disk tried;
      return {};
    } catch (const unavailable& e) {
      return e.what();
    }
  }();
  return refused;
}

ext4_disk::ext4_disk()
    : mountpoint_{directory_ / "ext4"}, below_{recording_mount::recording::drop} {
  std::filesystem::create_directory(mountpoint_);
  const auto file = below_ / disk_file;
  {
    const auto made = open_or_refuse(file, O_RDWR | O_CREAT | O_EXCL);
    if (::fallocate(made.get(), 0, 0, static_cast<off_t>(disk_bytes)) != 0) refuse(file, errno);
  }
  // Nothing is left for the kernel to initialize later, in the midst of a test.
  run_tool({"/sbin/mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-E",
            "lazy_itable_init=0,lazy_journal_init=0,nodiscard", file},
           0);
  below_.unmount_first(mountpoint_);
  mount();
}

ext4_disk::~ext4_disk() { unmount(); }

void ext4_disk::mount() {
  const auto backing = open_or_refuse(below_ / disk_file, O_RDWR);
  const auto [loop, path] = attach_loop(backing, directory_ / "loop");
  if (::mount(path.c_str(), mountpoint_.c_str(), "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID,
              nullptr) != 0)
    refuse("mounting ext4", errno);
}

void ext4_disk::unmount() {
  if (::umount2(mountpoint_.c_str(), UMOUNT_NOFOLLOW) != 0)
    (void)::umount2(mountpoint_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

void ext4_disk::restart() {
  if (::umount2(mountpoint_.c_str(), UMOUNT_NOFOLLOW) != 0) refuse("unmounting", errno);
  // 1: repaired.
  run_tool({"/sbin/e2fsck", "-f", "-y", below_ / disk_file}, 1);
  mount();
}

void ext4_disk::fail(const std::string& name, std::uint64_t from, const fault_rule& rule) {
  for (const auto& place : places_of(*this / name, from)) {
    auto here = rule;
    here.begin = place.offset;
    here.end = place.end();
    below_.fail(disk_file, here);
  }
}

void ext4_disk::fail_everything(faulty_call call) {
  fault_rule rule;
  rule.call = call;
  below_.fail(disk_file, rule);
}

std::vector<std::uint64_t> pages_only_in_the_cache(const std::string& path) {
  const auto cached = open_or_refuse(path, O_RDONLY);
  const auto direct = open_or_refuse(path, O_RDONLY | O_DIRECT);
  std::vector<std::uint64_t> different;
  const auto size = std::filesystem::file_size(path);
  for (std::uint64_t at = 0; at < size; at += page_size)
    if (read_page(cached, at) != read_page(direct, at)) different.push_back(at);
  return different;
}

}  // namespace stowage::test
