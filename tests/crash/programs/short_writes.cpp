// Put in front of the C library by LD_PRELOAD: one pwritev of the process that writes less than it was asked
// to, or that lies.
//
//   STOWAGE_SHORT_WRITE=N        the Nth moves half of its bytes, and says so; 0 = every one of them does
//   STOWAGE_LYING_WRITE=N        the Nth moves nothing, and says it moved all
//   STOWAGE_WRITE_DONE=PATH      is created when it has come to that
//
// strace can make a call say that it moved less, but then it moved nothing at all: that is the lying disk.
// With O_DIRECT half is rounded down to sectors, as the system would.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace {

constexpr std::size_t sector = 512;

long number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? -1 : std::strtol(text, nullptr, 10);
}

void tell() {
  const char* path = std::getenv("STOWAGE_WRITE_DONE");
  const int file = path == nullptr ? -1 : ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) (void)::close(file);
}

ssize_t write_through(int file, const iovec* parts, int count, off_t offset) {
  return ::syscall(SYS_pwritev, file, parts, count, offset, 0);
}

ssize_t write_half(int file, const iovec* parts, int count, off_t offset) {
  std::vector<iovec> some{parts, parts + count};
  std::size_t total = 0;
  for (const auto& p : some) total += p.iov_len;
  auto wanted = total / 2;
  if ((::fcntl(file, F_GETFL) & O_DIRECT) != 0) wanted -= wanted % sector;
  if (wanted == 0) wanted = total;
  std::size_t kept = 0;
  for (auto left = wanted; left > 0; ++kept) {
    some[kept].iov_len = std::min(some[kept].iov_len, left);
    left -= some[kept].iov_len;
  }
  return write_through(file, some.data(), static_cast<int>(kept), offset);
}

}  // namespace

extern "C" ssize_t intercepted(int file, const iovec* parts, int count,
                               off_t offset) __asm__("pwritev");
extern "C" ssize_t intercepted_64(int file, const iovec* parts, int count,
                                  off_t offset) __asm__("pwritev64");

extern "C" ssize_t intercepted(int file, const iovec* parts, int count, off_t offset) {
  static std::atomic<long> calls{0};
  static const long halved = number_in("STOWAGE_SHORT_WRITE");
  static const long lied_about = number_in("STOWAGE_LYING_WRITE");
  const long call = ++calls;
  if (call == lied_about || call == halved || halved == 0) tell();
  if (call == lied_about) {
    std::size_t total = 0;
    for (int i = 0; i < count; ++i) total += parts[i].iov_len;
    return static_cast<ssize_t>(total);
  }
  if (call == halved || halved == 0) return write_half(file, parts, count, offset);
  return write_through(file, parts, count, offset);
}

extern "C" ssize_t intercepted_64(int file, const iovec* parts, int count, off_t offset) {
  return intercepted(file, parts, count, offset);
}
