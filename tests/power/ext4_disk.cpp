#include <stowage/tests/power/ext4_disk.hpp>

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace stowage::test {

namespace {

constexpr std::uint64_t disk_bytes = 64ULL << 20U;

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

ext4_disk::ext4_disk(recording_mount::recording what)
    : mountpoint_{directory_ / "ext4"}, below_{what} {
  std::filesystem::create_directory(mountpoint_);
  const auto file = below_ / file_name;
  {
    const auto made = open_or_refuse(file, O_RDWR | O_CREAT | O_EXCL);
    if (::fallocate(made.get(), 0, 0, static_cast<off_t>(disk_bytes)) != 0) refuse(file, errno);
  }
  make_ext4(file);
  below_.unmount_first(mountpoint_);
  mount();
}

void ext4_disk::mount() { mounted_.emplace(below_ / file_name, mountpoint_, directory_ / "loop"); }

void ext4_disk::restart() {
  mounted_.reset();
  repair_ext4(below_ / file_name);
  mount();
}

void ext4_disk::fail(const std::string& name, std::uint64_t from, const fault_rule& rule) {
  for (const auto& place : places_of(*this / name, from)) {
    auto here = rule;
    here.begin = place.offset;
    here.end = place.end();
    below_.fail(file_name, here);
  }
}

void ext4_disk::fail_everything(faulty_call call) {
  fault_rule rule;
  rule.call = call;
  below_.fail(file_name, rule);
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
