#include <stowage/cli/file_io.hpp>

#include <stowage/storage/core/limits.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace stowage::cli {

namespace {

failure too_large() { return fail(errc::limit_exceeded, "a value of more than 64 MiB"); }

}  // namespace

failure file_failure(int os_error, std::string what) {
  return posix::system_failure(
      os_error == EACCES || os_error == EPERM ? errc::permission_denied : errc::io_error, os_error,
      std::move(what));
}

result<shared_bytes> read_value(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return file_failure(errno, "the file cannot be read");
  std::size_t expected = 64 * limits::kib;
  if (S_ISREG(status.st_mode)) {
    if (static_cast<std::uint64_t>(status.st_size) > limits::value_bytes_max) return too_large();
    expected = static_cast<std::size_t>(status.st_size);
  }
  std::string value;
  std::size_t filled = 0;
  for (;;) {
    // One byte more than expected shows the end without another round.
    if (filled == value.size()) value.resize(std::max(expected + 1, 2 * filled));
    const auto got = posix::uninterrupted(
        [&] { return ::read(fd, value.data() + filled, value.size() - filled); });
    if (got < 0) return file_failure(errno, "the file cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > limits::value_bytes_max) return too_large();
  }
  value.resize(filled);
  return shared_bytes{std::move(value)};
}

result<shared_bytes> read_file(const std::string& path) {
  const descriptor fd{
      posix::uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); })};
  if (!fd) return file_failure(errno, "the file cannot be opened");
  return read_value(fd.get());
}

result<void> write_all(int fd, byte_view bytes) {
  while (!bytes.empty()) {
    const auto put = posix::uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (put < 0) return file_failure(errno, "the file cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

result<void> write_output(const std::string& path, const std::string& store, byte_view bytes) {
  // Emptied only once it is known not to be the store itself.
  descriptor fd{posix::uninterrupted(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666); })};
  if (!fd) return file_failure(errno, "the file cannot be opened");
  struct stat ours {};
  struct stat theirs {};
  if (::fstat(fd.get(), &ours) != 0 || ::stat(store.c_str(), &theirs) != 0)
    return file_failure(errno, "the file cannot be looked at");
  if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
    return fail(errc::invalid_argument, "this is the store itself");
  if (S_ISREG(ours.st_mode) && ::ftruncate(fd.get(), 0) != 0)
    return file_failure(errno, "the file cannot be emptied");
  if (auto written = write_all(fd.get(), bytes); !written) return written;
  if (const int error = fd.close(); error != 0)
    return file_failure(error, "the file cannot be written");
  return {};
}

}  // namespace stowage::cli
