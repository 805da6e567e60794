#include <stowage/storage/core/huge_memory.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/device/device_call.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/device/posix_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace stowage {

namespace posix {

failure system_failure(errc code, int os_error, std::string detail) {
  auto why = fail(code, std::move(detail));
  why.os_error = os_error;
  return why;
}

failure path_failure(int os_error, const std::string& path) {
  const auto as = [&](errc code) { return system_failure(code, os_error, path); };
  switch (os_error) {
    case ENOENT:
    case ENOTDIR: return as(errc::no_such_store);
    case EACCES:
    case EPERM: return as(errc::permission_denied);
    case EISDIR:
    case ENODEV:
    case ENXIO: return as(errc::not_a_store);
    case EROFS: return system_failure(errc::read_only, os_error, "the file system of " + path);
    case ENOSPC:
    case EDQUOT: return as(errc::no_space);
    default: return as(errc::io_error);
  }
}

result<void> require_regular(const struct stat& status, const std::string& path) {
  const auto is = [&](const char* kind) { return fail(errc::not_a_store, path + " is " + kind); };
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: return {};
    case S_IFDIR: return is("a directory");
    case S_IFIFO: return is("a FIFO");
    case S_IFSOCK: return is("a socket");
    default: return is("a device");
  }
}

result<void> lock_whole_file(const descriptor& file, open_mode mode, const std::string& path) {
  struct flock whole {};
  whole.l_type = static_cast<short>(mode == open_mode::read_write ? F_WRLCK : F_RDLCK);
  whole.l_whence = SEEK_SET;
  if (mutant("file-not-locked") || ::fcntl(file.get(), F_OFD_SETLK, &whole) == 0) return {};
  const int error = errno;
  if (error == EAGAIN || error == EACCES) return fail(errc::locked, path);
  return system_failure(errc::io_error, error, "cannot lock " + path);
}

namespace {

/// Bytes moved at a time where a buffer of our own is between the caller and the file.
constexpr std::size_t bounce_bytes_max = std::size_t{1} << 20U;

/// Writes from this size on go past the page cache, which would have to find and clear pages for what is seldom read
/// soon (docs/decisions/0006).
constexpr std::uint64_t direct_write_bytes_min = std::uint64_t{1} << 20U;

/// What is written to the page cache the disk begins with when there is so much of it, while more is copied there.
constexpr std::uint64_t unstarted_bytes_max = std::uint64_t{256} << 10U;

/// Beyond the end of every file, and so far below the end of off_t that no sum overflows it.
constexpr std::uint64_t offset_end = std::uint64_t{1} << 62U;

failure failure_at(int os_error, std::uint64_t offset, const char* what) {
  auto why = system_failure(
      os_error == ENOSPC || os_error == EDQUOT ? errc::no_space : errc::io_error, os_error, what);
  why.offset = offset;
  return why;
}

/// Memory for direct writes, in one huge page where the system has one. Without, it is 512 pieces: more than many disks
/// take in a request, and the kernel looks up and holds each by itself.
class huge_buffer {
 public:
  huge_buffer() : data_{huge_allocator<std::byte>{}.allocate(huge_page_bytes)} {}
  [[nodiscard]] mutable_byte_view bytes() noexcept { return {data_.get(), huge_page_bytes}; }

 private:
  struct release {
    void operator()(std::byte* data) const noexcept {
      huge_allocator<std::byte>{}.deallocate(data, huge_page_bytes);
    }
  };
  std::unique_ptr<std::byte, release> data_;
};

/// The part of `parts` that is left when its first `count` bytes are done.
std::span<iovec> skip(std::span<iovec> parts, std::size_t count) {
  while (!parts.empty() && count >= parts.front().iov_len) {
    count -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (count > 0) {
    parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + count;
    parts.front().iov_len -= count;
  }
  return parts;
}

class posix_device final : public block_device {
 public:
  posix_device(descriptor file, descriptor direct, open_mode mode, std::uint64_t size) noexcept
      : file_{std::move(file)}, direct_{std::move(direct)}, mode_{mode}, size_{size} {}
  ~posix_device() override { (void)release(); }

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    if (offset >= offset_end) return std::size_t{0};
    if (mode == read_mode::direct && direct_) {
      auto got = read_direct(offset, out);
      // Some file systems accept O_DIRECT when opening and refuse it when reading.
      if (got || got.error().os_error != EINVAL) return got;
    }
    if (mode == read_mode::resident) return read_resident(offset, out);
    return read_cached(offset, out);
  }

  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    if (mode_ == open_mode::read_only) return fail(errc::read_only, "write");
    const auto total = total_bytes(buffers);
    invariant(offset <= size() && total <= size() - offset, "a write beyond the end of the device");
    std::uint64_t done = 0;
    if (direct_ && total >= direct_write_bytes_min && is_page_aligned(offset) &&
        is_page_aligned(total)) {
      auto written = write_direct(offset, buffers, total);
      if (!written) return std::move(written).error();
      done = *written;
    }
    if (auto written = write_cached(offset, buffers, done); !written) return written;
    return start_writing(total - done);
  }

  result<void> sync() override {
    if (mode_ == open_mode::read_only) return fail(errc::read_only, "sync");
    unstarted_bytes_ = 0;
    // Never again after a failure, EINTR included: the kernel reports a write-back error once, and
    // nothing says whether the interrupted call was the one that would have reported it.
    if (::fdatasync(file_.get()) == 0) return {};
    return system_failure(errc::io_error, errno, "sync failed");
  }

  result<void> allocate(std::uint64_t size) override {
    if (mode_ == open_mode::read_only) return fail(errc::read_only, "allocate");
    const auto old = this->size();
    if (size <= old) return {};
    auto grown = grow(old, size);
    if (grown) {
      size_ = size;
      return {};
    }
    // A failed attempt may keep what it got until then, which a full disk needs for something else.
    auto why = std::move(grown).error();
    if (!truncate(old)) {
      why.code = errc::io_error;
      why.detail += ", and the space got until then could not be given back";
    }
    return why;
  }

  result<void> resize(std::uint64_t size) override {
    if (mode_ == open_mode::read_only) return fail(errc::read_only, "resize");
    invariant(size <= this->size(), "a resize that grows the device");
    if (!truncate(size)) return system_failure(errc::io_error, errno, "cannot cut the file");
    size_ = size;
    return {};
  }

  void drop_cache() override { (void)::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED); }

  std::uint64_t size() const override { return size_; }

  result<void> close() override {
    const int error = release();
    if (error == 0) return {};
    return system_failure(errc::io_error, error, "close failed");
  }

 private:
  // Where the system cannot tell what is resident, nothing is; whatever else is wrong, a read that may wait finds out.
  [[nodiscard]] std::size_t read_resident(std::uint64_t offset,
                                          mutable_byte_view out) const noexcept {
    iovec part{out.data(), out.size()};
    const auto count = ::preadv2(file_.get(), &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }

  result<std::size_t> read_cached(std::uint64_t offset, mutable_byte_view out) const {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto at = offset + done;
      const auto n = uninterrupted([&] {
        return ::pread(file_.get(), out.data() + done, out.size() - done, static_cast<off_t>(at));
      });
      if (n < 0) return failure_at(errno, at, "read failed");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  /// O_DIRECT wants offset, length and address aligned, so each round reads the pages around what is
  /// missing. After a short read the next round starts on a page boundary again; it tells the end of
  /// the file from an interruption by bringing nothing new.
  result<std::size_t> read_direct(std::uint64_t offset, mutable_byte_view out) const {
    std::size_t done = 0;
    page_buffer bounce{static_cast<std::size_t>(
        extent{0, std::min(out.size(), bounce_bytes_max)}.pages().length + page_size)};
    while (done < out.size()) {
      const auto at = offset + done;
      const auto around = extent{at, std::min(out.size() - done, bounce_bytes_max)}.pages();
      const auto n = uninterrupted([&] {
        return ::pread(direct_.get(), bounce.bytes().data(),
                       static_cast<std::size_t>(around.length), static_cast<off_t>(around.offset));
      });
      if (n < 0) return failure_at(errno, at, "direct read failed");
      const auto before = static_cast<std::size_t>(at - around.offset);
      if (static_cast<std::size_t>(n) <= before) break;
      const auto fresh = std::min(static_cast<std::size_t>(n) - before, out.size() - done);
      std::memcpy(out.data() + done, bounce.bytes().data() + before, fresh);
      done += fresh;
    }
    return done;
  }

  /// How many bytes went out before the file system would have no more of it: some accept O_DIRECT when
  /// opening and refuse it when writing, and after a short write the rest may not be aligned.
  result<std::uint64_t> write_direct(std::uint64_t offset, std::span<const byte_view> buffers,
                                     std::uint64_t total) {
    if (!bounce_) bounce_.emplace();
    const auto room = bounce_->bytes();
    std::uint64_t done = 0;
    std::size_t in_buffer = 0;
    while (done < total) {
      std::size_t filled = 0;
      while (filled < room.size() && !buffers.empty()) {
        const auto from = buffers.front().subspan(in_buffer);
        const auto count = std::min(from.size(), room.size() - filled);
        std::memcpy(room.data() + filled, from.data(), count);
        filled += count;
        in_buffer += count;
        if (in_buffer == buffers.front().size()) {
          buffers = buffers.subspan(1);
          in_buffer = 0;
        }
      }
      const iovec part{room.data(), filled};
      const auto n = uninterrupted(
          [&] { return ::pwritev(direct_.get(), &part, 1, static_cast<off_t>(offset + done)); });
      if (n < 0 && errno != EINVAL) return failure_at(errno, offset + done, "direct write failed");
      if (n > 0) done += static_cast<std::uint64_t>(n);
      if (n != static_cast<ssize_t>(filled)) break;
    }
    return done;
  }

  /// All but the first `done` bytes of `buffers`.
  result<void> write_cached(std::uint64_t offset, std::span<const byte_view> buffers,
                            std::uint64_t done = 0) {
    std::vector<iovec> parts;
    parts.reserve(buffers.size());
    for (const auto& b : buffers)
      if (!b.empty()) parts.push_back({const_cast<std::byte*>(b.data()), b.size()});
    offset += done;
    for (auto left = skip(parts, done); !left.empty();) {
      const auto count = std::min<std::size_t>(left.size(), IOV_MAX);
      const auto n = uninterrupted([&] {
        return ::pwritev(file_.get(), left.data(), static_cast<int>(count),
                         static_cast<off_t>(offset));
      });
      // A write that neither moves nor says why would be repeated for ever.
      if (n <= 0) return failure_at(n < 0 ? errno : EIO, offset, "write failed");
      offset += static_cast<std::uint64_t>(n);
      left = skip(left, static_cast<std::size_t>(n));
      if (mutant("short-write-not-continued")) break;
    }
    return {};
  }

  /// Has the disk begin with what lies in the page cache. Waits for nothing, and so takes no error of a write-back away
  /// from the sync; but what the kernel could not even begin with, it may have given up, and the sync need not know.
  result<void> start_writing(std::uint64_t bytes) {
    unstarted_bytes_ += bytes;
    if (unstarted_bytes_ < unstarted_bytes_max) return {};
    unstarted_bytes_ = 0;
    if (::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE) == 0) return {};
    const int error = errno;
    // Not to be had here, or not now: the sync does all.
    for (const int refusal : {ENOSYS, EINVAL, ESPIPE, EPERM, ENOMEM, EAGAIN, EINTR})
      if (error == refusal) return {};
    // It may be of an earlier write.
    auto why = failure_at(error, 0, "writing out failed");
    why.offset.reset();
    return why;
  }

  result<void> grow(std::uint64_t from, std::uint64_t to) {
    const auto answer = uninterrupted([&] {
      return ::fallocate(file_.get(), 0, static_cast<off_t>(from), static_cast<off_t>(to - from));
    });
    if (answer == 0) return {};
    const int error = errno;
    if (error == EOPNOTSUPP || error == ENOSYS) return write_zeros(from, to);
    // The largest file allowed here is one more way of being full: deletes cure it, and it may pass.
    if (error == EFBIG)
      return system_failure(errc::no_space, error, "the file may not grow further");
    return failure_at(error, from, "cannot grow the file");
  }

  /// Space that is really there, where the file system can only give it for bytes.
  result<void> write_zeros(std::uint64_t from, std::uint64_t to) {
    const std::vector<std::byte> zeros(
        static_cast<std::size_t>(std::min<std::uint64_t>(to - from, bounce_bytes_max)));
    while (from < to) {
      const auto count = std::min<std::uint64_t>(to - from, zeros.size());
      const byte_view part{zeros.data(), static_cast<std::size_t>(count)};
      if (auto written = write_cached(from, {&part, 1}); !written) return written;
      from += count;
    }
    return {};
  }

  bool truncate(std::uint64_t size) noexcept {
    return uninterrupted([&] { return ::ftruncate(file_.get(), static_cast<off_t>(size)); }) == 0;
  }

  int release() noexcept {
    if (file_) {
      // A child that another thread forked a moment ago, not yet at its exec, must not prolong the lock.
      struct flock whole {};
      whole.l_type = F_UNLCK;
      whole.l_whence = SEEK_SET;
      (void)::fcntl(file_.get(), F_OFD_SETLK, &whole);
    }
    (void)direct_.close();
    return file_.close();
  }

  descriptor file_;
  /// The same inode; nobody but the thread that syncs writes through it, and its errors come at once.
  descriptor direct_;
  std::optional<huge_buffer> bounce_;
  /// Written to the page cache, and perhaps not yet on its way to the disk.
  std::uint64_t unstarted_bytes_ = 0;
  const open_mode mode_;
  std::atomic<std::uint64_t> size_;
};

/// Another descriptor of the same inode, whatever its path is by now; none where direct reads are
/// refused for good.
result<descriptor> open_direct(const descriptor& file, open_mode mode) {
  const auto self = "/proc/self/fd/" + std::to_string(file.get());
  const int access = mode == open_mode::read_write ? O_RDWR : O_RDONLY;
  descriptor direct{
      uninterrupted([&] { return ::open(self.c_str(), access | O_DIRECT | O_CLOEXEC); })};
  const int error = direct ? 0 : errno;
  // These say nothing about the file: going on with cached reads would hide that they are the lesser.
  if (error == EMFILE || error == ENFILE || error == ENOMEM)
    return system_failure(errc::io_error, error, "cannot open the file for direct reads");
  return direct;
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

result<std::unique_ptr<block_device>> adopt(descriptor file, open_mode mode, std::uint64_t size) {
  auto direct = open_direct(file, mode);
  if (!direct) return std::move(direct).error();
  return std::unique_ptr<block_device>{
      std::make_unique<posix_device>(std::move(file), *std::move(direct), mode, size)};
}

namespace {

/// One attempt; an empty pointer when the path named another file by the time this one was locked.
result<std::unique_ptr<block_device>> try_open(const std::string& path, open_mode mode) {
  // Looked at before it is opened: opening a FIFO or a device is an act of its own.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return path_failure(errno, path);
  if (auto regular = require_regular(status, path); !regular) return std::move(regular).error();

  // O_NONBLOCK for the case that a FIFO took the file's place just now; regular files ignore it.
  const int flags =
      (mode == open_mode::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  descriptor file{uninterrupted([&] { return ::open(path.c_str(), flags); })};
  if (!file) return path_failure(errno, path);
  if (auto locked = lock_whole_file(file, mode, path); !locked) return std::move(locked).error();

  // The size counts from here on: an earlier holder of the lock may have changed it.
  if (::fstat(file.get(), &status) != 0) return path_failure(errno, path);
  if (auto regular = require_regular(status, path); !regular) return std::move(regular).error();
  struct stat named {};
  if (::stat(path.c_str(), &named) != 0) return path_failure(errno, path);
  if (!same_file(status, named)) return std::unique_ptr<block_device>{};
  return adopt(std::move(file), mode, static_cast<std::uint64_t>(status.st_size));
}

}  // namespace

}  // namespace posix

result<std::unique_ptr<block_device>> open_posix_device(const std::string& path, open_mode mode) {
  if (path.find('\0') != std::string::npos)
    return fail(errc::invalid_argument, "the path contains a NUL byte");
  // The lock of a file that was renamed over protects nothing: whoever opens the path finds the other.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto device = posix::try_open(path, mode);
    if (!device || *device) return device;
  }
  return fail(errc::locked, path + " is being replaced");
}

}  // namespace stowage
