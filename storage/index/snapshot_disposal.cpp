#include <stowage/storage/index/index_node.hpp>
#include <stowage/storage/index/snapshot_disposal.hpp>

#include <utility>

namespace stowage {

void snapshot_disposal::add(index_snapshot unwanted) {
  if (unwanted.root_) nodes_.push_back(std::move(unwanted.root_));
}

bool snapshot_disposal::step(std::size_t nodes_max) {
  for (std::size_t freed = 0; freed < nodes_max && !nodes_.empty(); ++freed) {
    const auto node = std::move(nodes_.back());
    nodes_.pop_back();
    // Of a node that others have as well nothing becomes free. One that is only ours stays so: nobody is left to
    // take it from. The children outlive it here, so that it goes without them.
    if (node.use_count() == 1)
      nodes_.insert(nodes_.end(), node->children.begin(), node->children.end());
  }
  return nodes_.empty();
}

}  // namespace stowage
