// A file descriptor with an owner.
//
// Contract: closed once, with its owner or before.
// Concurrency: a plain value; one owner.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace stowage {

/// Owns a file descriptor, or none.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { (void)close(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  explicit operator bool() const noexcept { return is_open(); }

  /// Closes now; answers the errno of a close that failed, else 0.
  int close() noexcept {
    if (fd_ < 0) return 0;
    // Linux has released the descriptor even where it says EINTR: closing again could close a stranger's.
    const int answer = ::close(std::exchange(fd_, -1));
    return answer == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int fd_ = -1;
};

}  // namespace stowage
