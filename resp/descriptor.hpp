// A descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace stowage::resp {

class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept { descriptor{}.swap(*this); }

 private:
  void swap(descriptor& other) noexcept { std::swap(fd_, other.fd_); }

  int fd_ = -1;
};

}  // namespace stowage::resp
