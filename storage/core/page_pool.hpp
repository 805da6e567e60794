// Large buffers whose memory is used again.
//
// Contract: what `take` gives is a page_buffer as any other, but from 256 KiB on it holds whatever was there before.
// When it goes, its memory waits for the next. What the heap gives in such pieces it gets from the system each time:
// the first touch of a page is a fault, in a virtual machine often one of the host as well, and for a group of small
// values that took longer than to fill its buffers.
// Concurrency: one owner; buffers may go on any thread, and may outlive the pool.
// Limits: what is smaller comes from the heap, which has pools of its own.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace stowage {

namespace detail {

/// What waits to be used again, and where it comes back to.
class waiting_pages {
 public:
  struct piece {
    std::byte* data = nullptr;
    std::size_t size = 0;
  };

  explicit waiting_pages(std::size_t bytes_max);
  ~waiting_pages() { let_go(); }
  waiting_pages(const waiting_pages&) = delete;
  waiting_pages& operator=(const waiting_pages&) = delete;

  /// The smallest with room for `size` bytes that is not far too large; none if there is no such.
  [[nodiscard]] piece take(std::size_t size) noexcept;
  void take_back(piece what) noexcept;
  void let_go() noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::vector<piece> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace detail

class page_pool {
 public:
  /// Keeps at most so many bytes that nobody uses.
  explicit page_pool(std::size_t bytes_max)
      : pages_{std::make_shared<detail::waiting_pages>(bytes_max)} {}

  /// Throws std::bad_alloc.
  [[nodiscard]] page_buffer take(std::size_t size) const;

  /// Gives what waits back to the heap.
  void let_go() const noexcept { pages_->let_go(); }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return pages_->bytes(); }

 private:
  std::shared_ptr<detail::waiting_pages> pages_;
};

}  // namespace stowage
