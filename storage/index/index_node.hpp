// A node of the block index: of its B+tree.
//
// Contract: a leaf holds blocks in name order. An inner node holds children; keys[i] is a lower bound of children[i]
// and an upper bound of children[i - 1] (keys[0] is never compared). A key is a block that had that name once: it
// keeps the bytes alive, nothing else.
// Concurrency: a node that a snapshot may hold never changes; see block_index.hpp.
// Limits: for the files of this folder alone.
#pragma once

#include <stowage/storage/index/block.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace stowage::detail {

struct index_node {
  std::uint64_t edit_epoch = 0;
  std::vector<block_ref> keys;
  std::vector<std::shared_ptr<index_node>> children;

  [[nodiscard]] bool is_leaf() const noexcept { return children.empty(); }
};

}  // namespace stowage::detail
