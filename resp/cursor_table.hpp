// Where each SCAN goes on: a cursor is a number for clients, and a name for the store.
//
// Contract: a cursor is good for any connection, any number of times, until so many newer ones were given out that
// it was forgotten; 0 is the beginning.
// Concurrency: one thread.
// Limits: remembers the newest `cursors_max`; none of them outlives the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace stowage::resp {

inline constexpr std::size_t cursors_max = 10'000;

class cursor_table {
 public:
  /// A cursor for what comes after `last`.
  std::uint64_t add(std::string last) {
    if (names_.size() == cursors_max) {
      names_.pop_front();
      ++first_;
    }
    names_.push_back(std::move(last));
    return first_ + names_.size() - 1;
  }

  [[nodiscard]] std::optional<std::string> find(std::uint64_t cursor) const {
    if (cursor == 0) return std::string{};
    if (cursor < first_ || cursor - first_ >= names_.size()) return std::nullopt;
    return names_[cursor - first_];
  }

 private:
  std::deque<std::string> names_;
  std::uint64_t first_ = 1;
};

}  // namespace stowage::resp
