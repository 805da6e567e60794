#include <stowage/storage/device/posix_creation.hpp>

#include <stowage/storage/core/mutant.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace stowage {

namespace {

/// Leftovers of killed processes with our number; more than these are not an accident.
constexpr int temporary_names_max = 1000;

/// File systems take names of 255 bytes; what is added to the name must fit as well.
constexpr std::size_t shown_name_bytes_max = 200;

/// Where the name begins in `path`.
std::size_t name_start(const std::string& path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? 0 : slash + 1;
}

std::string directory_of(const std::string& path) {
  const auto start = name_start(path);
  return start == 0 ? "." : path.substr(0, start);
}

failure name_failure(int os_error, const std::string& path) {
  if (os_error == EEXIST) return fail(errc::already_exists, path);
  return posix::path_failure(os_error, path);
}

}  // namespace

result<posix_creation> posix_creation::begin(const std::string& path) {
  if (path.find('\0') != std::string::npos)
    return fail(errc::invalid_argument, "the path contains a NUL byte");
  const auto name = path.substr(name_start(path));
  if (name.empty()) return fail(errc::invalid_argument, "the path names no file: " + path);

  posix::descriptor directory{posix::uninterrupted(
      [&] { return ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!directory) return posix::path_failure(errno, "the directory " + directory_of(path));

  struct stat status {};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return fail(errc::already_exists, path);
  if (errno != ENOENT) return posix::path_failure(errno, path);

  const auto stem =
      "." + name.substr(0, shown_name_bytes_max) + "." + std::to_string(::getpid()) + "-";
  std::string temporary;
  posix::descriptor file;
  for (int n = 0; !file && n < temporary_names_max; ++n) {
    temporary = stem + std::to_string(n) + ".creating";
    file = posix::descriptor{posix::uninterrupted([&] {
      return ::openat(directory.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                      0600);
    })};
    if (!file && errno != EEXIST) break;
  }
  if (!file) return posix::path_failure(errno, directory_of(path) + temporary);

  posix_creation creation{std::move(directory), path, std::move(temporary)};
  if (auto locked = posix::lock_whole_file(file, open_mode::read_write, path); !locked)
    return std::move(locked).error();
  auto device = posix::adopt(std::move(file), open_mode::read_write, 0);
  if (!device) return std::move(device).error();
  creation.device_ = *std::move(device);
  return creation;
}

posix_creation::posix_creation(posix::descriptor directory, std::string path,
                               std::string temporary) noexcept
    : directory_{std::move(directory)}, path_{std::move(path)}, temporary_{std::move(temporary)} {}

posix_creation::~posix_creation() {
  // Nobody is left to tell: a name that stays is found and harmless.
  if (directory_) (void)::unlinkat(directory_.get(), temporary_.c_str(), 0);
}

block_device& posix_creation::device() {
  invariant(device_ != nullptr, "the device of a published creation");
  return *device_;
}

std::string posix_creation::name() const { return path_.substr(name_start(path_)); }

result<void> posix_creation::give_name() {
  const int at = directory_.get();
  const unsigned how = mutant("creation-replaces-a-file") ? 0 : RENAME_NOREPLACE;
  if (::renameat2(at, temporary_.c_str(), at, name().c_str(), how) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return name_failure(errno, path_);
  // A file system without it: a link never replaces either.
  if (::linkat(at, temporary_.c_str(), at, name().c_str(), 0) != 0)
    return name_failure(errno, path_);
  if (::unlinkat(at, temporary_.c_str(), 0) != 0) return name_failure(errno, path_);
  return {};
}

result<std::unique_ptr<block_device>> posix_creation::publish() {
  invariant(device_ != nullptr, "a creation published twice");
  if (auto named = give_name(); !named) return std::move(named).error();
  const auto directory = std::exchange(directory_, {});
  // As with every sync, a failure is final: a second one would prove nothing.
  if (::fsync(directory.get()) != 0)
    return posix::system_failure(errc::io_error, errno, "cannot make the name durable: " + path_);
  return std::move(device_);
}

}  // namespace stowage
