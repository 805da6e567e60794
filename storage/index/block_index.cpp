#include <stowage/storage/index/block_index.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/index/index_tree.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace stowage {

namespace {

using detail::index_node;
using detail::index_tree;

constexpr std::size_t fanout = 64;
constexpr std::size_t merge_below = fanout / 4;

std::size_t child_for(const index_node& inner, std::string_view name) {
  return inner.keys.upper_bound(name, 1) - 1;
}

template <class T>
auto nth(std::vector<T>& of, std::size_t n) {
  return of.begin() + static_cast<std::ptrdiff_t>(n);
}

// A name that separates nodes is kept by a share of its own.
const block* separator(const index_node& right) {
  return block_ref::share(right.keys[0]).release();
}

// Splits a node that has grown over the fanout; null when it has not. In ascending loads the left node
// stays full, so that a replayed checkpoint packs its leaves.
index_node* split(const index_tree& tree, index_node& node, bool appended) {
  if (node.keys.size() <= fanout) return nullptr;
  const auto at = appended ? node.keys.size() - 1 : node.keys.size() / 2;
  auto* right = tree.new_node();
  node.keys.move_tail(at, right->keys, fanout + 1);
  if (!node.is_leaf()) {
    right->children.reserve(fanout + 1);
    right->children.assign(nth(node.children, at), node.children.end());
    node.children.resize(at);
  }
  return right;
}

struct upserted {
  /// What was there before; a share that belongs to the caller.
  const block* previous = nullptr;
  /// The new sibling, where the node was split.
  index_node* right = nullptr;
};

// Where names come in their order, as those of a checkpoint do, this comparison takes the place of all searches. The last
// leaf may be empty, when what stood in it was erased; it says nothing then.
bool is_behind_all(const index_node* node, std::string_view name) {
  while (!node->is_leaf()) node = node->children.back();
  return !node->keys.empty() && node->keys[node->keys.size() - 1]->name() < name;
}

// `goes_last`: its name is behind all that are there.
upserted upsert_into(index_tree& tree, index_node*& slot, block_ref& b, bool goes_last) {
  auto& node = tree.editable(slot);
  upserted out;
  if (node.is_leaf()) {
    const auto at = goes_last ? node.keys.size() : node.keys.lower_bound(b->name());
    if (at < node.keys.size() && node.keys[at]->name() == b->name()) {
      out.previous = node.keys.replace(at, b.release());
      return out;
    }
    const bool appended = at == node.keys.size();
    node.keys.insert(at, b.release());
    out.right = split(tree, node, appended);
    return out;
  }
  const auto at = goes_last ? node.children.size() - 1 : child_for(node, b->name());
  auto below = upsert_into(tree, node.children[at], b, goes_last);
  out.previous = below.previous;
  if (below.right != nullptr) {
    const bool appended = at + 1 == node.children.size();
    node.keys.insert(at + 1, separator(*below.right));
    node.children.insert(nth(node.children, at + 1), below.right);
    out.right = split(tree, node, appended);
  }
  return out;
}

// Joins child `at` with a neighbour where both fit into one node, so that deletes give memory back.
void merge_around(index_tree& tree, index_node& node, std::size_t at) {
  if (node.children[at]->keys.size() >= merge_below || node.children.size() < 2) return;
  const auto left = at == 0 ? at : at - 1;
  const auto right = left + 1;
  if (node.children[left]->keys.size() + node.children[right]->keys.size() > fanout) return;
  auto& into = tree.editable(node.children[left]);
  auto* const from = node.children[right];
  const auto joint = into.keys.size();
  into.keys.append(from->keys);
  auto* const above = node.keys[right];
  if (from->is_leaf()) {
    tree.retire(above);
  } else {
    into.children.insert(into.children.end(), from->children.begin(), from->children.end());
    // The right node's first key is a bound of its own only as long as it is compared: as an inner node it
    // gets the separator that stood above it.
    tree.retire(into.keys.replace(joint, above));
  }
  node.keys.erase(right);
  node.children.erase(nth(node.children, right));
  // What it referred to is the left node's.
  tree.retire(from);
}

// A share of the block that was there; it belongs to the caller.
const block* erase_from(index_tree& tree, index_node*& slot, std::string_view name) {
  auto& node = tree.editable(slot);
  if (node.is_leaf()) {
    const auto at = node.keys.lower_bound(name);
    invariant(at < node.keys.size() && node.keys[at]->name() == name,
              "the block to erase is there");
    const auto* erased = node.keys[at];
    node.keys.erase(at);
    return erased;
  }
  const auto at = child_for(node, name);
  const auto* erased = erase_from(tree, node.children[at], name);
  if (node.children[at]->keys.empty() && node.children.size() > 1) {
    tree.retire(node.keys[at]);
    tree.retire(node.children[at]);
    node.keys.erase(at);
    node.children.erase(nth(node.children, at));
  } else {
    merge_around(tree, node, at);
  }
  return erased;
}

block_ref find_in(const index_node* node, std::string_view name) {
  while (node != nullptr && !node->is_leaf()) node = node->children[child_for(*node, name)];
  if (node == nullptr) return {};
  const auto at = node->keys.lower_bound(name);
  if (at == node->keys.size() || node->keys[at]->name() != name) return {};
  return block_ref::share(node->keys[at]);
}

bool visit_from(const index_node& node, std::string_view from,
                const std::function<bool(const block_ref&)>& visit) {
  if (node.is_leaf()) {
    for (auto at = node.keys.lower_bound(from); at < node.keys.size(); ++at)
      if (!visit(block_ref::share(node.keys[at]))) return false;
    return true;
  }
  for (auto at = child_for(node, from); at < node.children.size(); ++at)
    if (!visit_from(*node.children[at], from, visit)) return false;
  return true;
}

}  // namespace

block_ref index_snapshot::find(std::string_view name) const { return find_in(root_, name); }

void index_snapshot::for_each_from(std::string_view from,
                                   const std::function<bool(const block_ref&)>& visit) const {
  if (root_ != nullptr) visit_from(*root_, from, visit);
}

block_index::block_index() : tree_{std::make_shared<index_tree>()} {}
block_index::block_index(block_index&&) noexcept = default;
block_index& block_index::operator=(block_index&&) noexcept = default;
block_index::~block_index() = default;

block_ref block_index::find(std::string_view name) const { return find_in(tree_->root, name); }

void block_index::for_each_from(std::string_view from,
                                const std::function<bool(const block_ref&)>& visit) const {
  visit_from(*tree_->root, from, visit);
}

index_snapshot block_index::snapshot() {
  auto token = index_tree::snapshot(tree_);
  return {std::move(token), tree_->root, size_};
}

bool block_index::let_go_some(std::size_t items_max) {
  tree_->note_gone();
  return tree_->let_go_some(items_max);
}

void block_index::count(const block_ref& b, int sign) {
  const auto add = [sign](std::uint64_t& sum, std::uint64_t amount) {
    sum = sign > 0 ? sum + amount : sum - amount;
  };
  add(size_, 1);
  add(value_bytes_, b->value_length());
  add(dense_bytes_, round_up(b->value_length(), b->value_length() < limits::packed_value_bytes_end
                                                    ? limits::packing_unit
                                                    : page_size));
  add(checkpoint_bytes_, encoded_op_bytes(b->name().size(), b->chunks().size()));
}

block_ref block_index::upsert(block_ref b) {
  count(b, +1);
  const auto made = b->expires_at_ms() != 0 ? b : block_ref{};
  const bool goes_last = is_behind_all(tree_->root, b->name());
  auto [replaced, right] = upsert_into(*tree_, tree_->root, b, goes_last);
  if (right != nullptr) {
    auto* root = tree_->new_node();
    root->keys.push_back(separator(*tree_->root));
    root->keys.push_back(separator(*right));
    root->children = {tree_->root, right};
    tree_->root = root;
  }
  block_ref previous;
  if (replaced != nullptr) {
    previous = block_ref::share(replaced);
    tree_->retire(replaced);
    count(previous, -1);
    expiring_.remove(previous);
  }
  // Last: a block that was moved is the same in their order.
  if (made) expiring_.add(made);
  return previous;
}

block_ref block_index::erase(std::string_view name) {
  if (!find(name)) return {};
  const auto* gone = erase_from(*tree_, tree_->root, name);
  auto erased = block_ref::share(gone);
  tree_->retire(gone);
  while (!tree_->root->is_leaf() && tree_->root->children.size() == 1) {
    auto* const only = tree_->root->children.front();
    const auto& keys = tree_->root->keys;
    for (std::size_t at = 0; at < keys.size(); ++at) tree_->retire(keys[at]);
    tree_->retire(std::exchange(tree_->root, only));
  }
  count(erased, -1);
  expiring_.remove(erased);
  return erased;
}

void block_index::clear(version before, const retired_fn& retired) {
  std::vector<block_ref> gone;
  for_each_from({}, [&](const block_ref& b) {
    if (b->ver() < before) gone.push_back(b);
    return true;
  });
  const bool all = gone.size() == size_;
  if (all) {
    tree_->retire_all(std::exchange(tree_->root, tree_->new_node()));
    size_ = value_bytes_ = dense_bytes_ = checkpoint_bytes_ = 0;
    expiring_.clear();
  }
  for (auto& b : gone) {
    if (!all) b = erase(b->name());
    retired(std::move(b));
  }
}

void block_index::apply(const op& o, std::uint64_t published, const retired_fn& retired) {
  apply(o.kind, block::make(o, published), published, retired);
}

void block_index::apply(op_kind kind, block_ref what, std::uint64_t published,
                        const retired_fn& retired) {
  what->publish(published);
  tree_->begin_change(what->ver(), published);
  switch (kind) {
    case op_kind::put:
      if (size_ >= 170 && mutant("metadata-of-fixed-size")) return;
      if (auto previous = upsert(std::move(what))) retired(std::move(previous));
      return;
    case op_kind::del:
      if (auto erased = erase(what->name())) retired(std::move(erased));
      return;
    case op_kind::relocate: {
      const auto now = find(what->name());
      const bool is_current =
          now && (now->ver() == what->ver() || mutant("relocation-unconditional"));
      retired(is_current ? upsert(std::move(what)) : std::move(what));
      return;
    }
    case op_kind::clear: clear(what->ver(), retired); return;
  }
  invariant(false, "an op of a known kind");
}

}  // namespace stowage
