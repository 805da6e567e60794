// The blocks that expire, in the order in which they do.
//
// Contract: holds exactly the blocks that were added and not removed; one that never expires is not kept. Of one
// time, the older version comes first.
// Concurrency: one owner.
// Limits: O(log n) each, and memory for blocks that expire only.
#pragma once

#include <stowage/storage/index/block.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>

namespace stowage {

class expiry_order {
 public:
  void add(const block_ref& b);
  void remove(const block_ref& b);
  void clear() noexcept { blocks_.clear(); }

  [[nodiscard]] bool empty() const noexcept { return blocks_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  /// When the first of them expires; there must be one.
  [[nodiscard]] std::uint64_t next_ms() const;

  /// Calls `visit` for each block that has expired by `now_ms`, the first one first, until it answers false.
  void for_each_expired(std::uint64_t now_ms, const std::function<bool(const block&)>& visit) const;

 private:
  struct earlier {
    bool operator()(const block_ref& a, const block_ref& b) const noexcept;
  };
  std::set<block_ref, earlier> blocks_;
};

}  // namespace stowage
