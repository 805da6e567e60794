// The ordered index of all blocks, with snapshots that cost nothing to take.
//
// Contract: names ascend by bytes. `apply` is the one way the state changes, for the live store and for
// replay alike. A snapshot is the state at the moment it was taken, for ever.
// Concurrency: the index belongs to one thread; a snapshot may be read and dropped on any thread while the
// index goes on. A node that a snapshot sees is copied before it changes: each node remembers the edit
// epoch that created it, and taking a snapshot begins a new one.
// Limits: O(log n) per operation; a B+tree of 64-way nodes. The nodes of a path are copied once per
// snapshot, as plain pointers; with no snapshot left, nothing is copied.
#pragma once

#include <stowage/storage/format/op.hpp>
#include <stowage/storage/index/block.hpp>
#include <stowage/storage/index/expiry_order.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace stowage {

namespace detail {
class index_tree;
struct index_node;
}  // namespace detail

/// An immutable view of the index.
class index_snapshot {
 public:
  index_snapshot() noexcept = default;

  /// The block of this name, or null.
  [[nodiscard]] block_ref find(std::string_view name) const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Calls `visit` for each block of name >= `from`, in order, until it answers false.
  void for_each_from(std::string_view from,
                     const std::function<bool(const block_ref&)>& visit) const;

 private:
  friend class block_index;
  index_snapshot(std::shared_ptr<const void> token, const detail::index_node* root,
                 std::uint64_t size) noexcept
      : token_{std::move(token)}, root_{root}, size_{size} {}
  /// Keeps what is below the root.
  std::shared_ptr<const void> token_;
  const detail::index_node* root_ = nullptr;
  std::uint64_t size_ = 0;
};

class block_index {
 public:
  block_index();
  block_index(block_index&&) noexcept;
  block_index& operator=(block_index&&) noexcept;
  block_index(const block_index&) = delete;
  block_index& operator=(const block_index&) = delete;
  ~block_index();

  [[nodiscard]] block_ref find(std::string_view name) const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Bytes of values, those bytes with what their alignment takes, and encoded checkpoint bytes of all blocks.
  [[nodiscard]] std::uint64_t value_bytes() const noexcept { return value_bytes_; }
  [[nodiscard]] std::uint64_t dense_bytes() const noexcept { return dense_bytes_; }
  [[nodiscard]] std::uint64_t checkpoint_bytes() const noexcept { return checkpoint_bytes_; }
  void for_each_from(std::string_view from,
                     const std::function<bool(const block_ref&)>& visit) const;
  /// Those of its blocks that expire.
  [[nodiscard]] const expiry_order& expiring() const noexcept { return expiring_; }

  /// Called with each block that is no longer part of the state, before `apply` returns.
  using retired_fn = std::function<void(block_ref)>;

  /// Changes the state as `o` says; `published` goes into the blocks it makes. A DELETE of a missing
  /// name, and a RELOCATE of a block that has another version by now, change nothing; the RELOCATE's own
  /// extents are then given to `retired`, for nothing refers to them.
  void apply(const op& o, std::uint64_t published, const retired_fn& retired);
  /// The same where the block was made before, by who placed its value. The index keeps it, unless it is of a DELETE
  /// or CLEAR.
  void apply(op_kind kind, block_ref what, std::uint64_t published, const retired_fn& retired);

  [[nodiscard]] index_snapshot snapshot();

  /// Lets go of up to `items_max` blocks and nodes that only snapshots kept that are gone; true when none is left. Each
  /// change does so for a few.
  bool let_go_some(std::size_t items_max);

 private:
  block_ref upsert(block_ref b);
  block_ref erase(std::string_view name);
  void clear(version before, const retired_fn& retired);
  void count(const block_ref& b, int sign);

  std::shared_ptr<detail::index_tree> tree_;
  std::uint64_t size_ = 0;
  std::uint64_t value_bytes_ = 0;
  std::uint64_t dense_bytes_ = 0;
  std::uint64_t checkpoint_bytes_ = 0;
  expiry_order expiring_;
};

}  // namespace stowage
