// Bytes on their way to one client.
//
// Contract: what is appended comes out in order. Large values are not copied, they are kept by reference until
// they are out.
// Concurrency: one thread.
// Limits: has no bound of its own; whoever appends looks at `size`.
#pragma once

#include <stowage/messages/payload.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace stowage::resp {

class output_queue {
 public:
  void append(std::string_view text);
  void append(const payload& bytes);

  /// Fills `out` with the places of what comes first; answers how many. They hold until the next call of
  /// anything else here.
  [[nodiscard]] std::size_t peek(std::span<iovec> out) const;
  /// The first `count` bytes are out.
  void drop(std::size_t count);
  void clear();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  using piece = std::variant<std::string, payload>;

  [[nodiscard]] static std::string_view text_of(const piece& p);

  std::deque<piece> pieces_;
  /// Bytes of the first piece that are out.
  std::size_t out_of_first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace stowage::resp
