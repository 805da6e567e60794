// Frees what only snapshots still hold, in steps.
//
// Contract: the last owner of a snapshot of a busy index frees a tree of its own: milliseconds for ten thousand
// blocks, in which its thread does nothing else. Given here, it goes in steps of a bounded number of nodes.
// Concurrency: one owner; the index, and other snapshots with the same nodes, may go on on any thread.
// Limits: where another owner lets go of a shared node at the very moment, that node's part of the tree is freed in
// one step.
#pragma once

#include <stowage/storage/index/block_index.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace stowage {

class snapshot_disposal {
 public:
  void add(index_snapshot unwanted);

  /// Frees up to `nodes_max` nodes, each with up to 64 blocks; true when nothing is left.
  bool step(std::size_t nodes_max);

  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }

 private:
  std::vector<std::shared_ptr<const detail::index_node>> nodes_;
};

}  // namespace stowage
