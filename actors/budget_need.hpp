// What space ops need at most: the pages of their values and of a record with nothing else in it.
//
// Contract: deletes take nothing: their records go into areas that the reserve guarantees, so that they pass
// on a full disk. They are not added.
// Concurrency: a plain value.
#pragma once

#include <stowage/storage/log/group.hpp>

#include <cstdint>

namespace stowage {

class budget_need {
 public:
  void add_value(std::uint64_t name_bytes, std::uint64_t value_bytes) {
    pages_.add(value_bytes);
    body_bytes_ += record_body_bytes_for(name_bytes, value_bytes);
  }
  [[nodiscard]] std::uint64_t bytes() const {
    return body_bytes_ == 0 ? 0 : pages_.bytes() + record_bytes_for(body_bytes_);
  }
  /// A checkpoint entry is no longer than the op.
  [[nodiscard]] std::uint64_t entry_bytes() const noexcept { return body_bytes_; }

 private:
  value_pages pages_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace stowage
