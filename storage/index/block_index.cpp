#include <stowage/storage/index/block_index.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/index/index_node.hpp>

#include <algorithm>
#include <vector>

namespace stowage {

namespace {

using detail::index_node;
using node_ptr = std::shared_ptr<index_node>;

constexpr std::size_t fanout = 64;
constexpr std::size_t merge_below = fanout / 4;

std::size_t lower_bound_in(const index_node& leaf, std::string_view name) {
  const auto it = std::ranges::lower_bound(leaf.keys, name, std::less<>{},
                                           [](const block_ref& b) { return b->name(); });
  return static_cast<std::size_t>(it - leaf.keys.begin());
}

std::size_t child_for(const index_node& inner, std::string_view name) {
  const auto it =
      std::upper_bound(inner.keys.begin() + 1, inner.keys.end(), name,
                       [](std::string_view n, const block_ref& b) { return n < b->name(); });
  return static_cast<std::size_t>(it - inner.keys.begin()) - 1;
}

node_ptr new_node(std::uint64_t edit_epoch) {
  auto node = std::make_shared<index_node>();
  node->edit_epoch = edit_epoch;
  return node;
}

// Makes `slot` safe to change: a node of an older epoch may belong to a snapshot and is copied.
index_node& editable(node_ptr& slot, std::uint64_t edit_epoch) {
  if (slot->edit_epoch != edit_epoch) {
    auto copy = std::make_shared<index_node>(*slot);
    copy->edit_epoch = edit_epoch;
    slot = std::move(copy);
  }
  return *slot;
}

template <class T>
void move_tail(std::vector<T>& from, std::size_t at, std::vector<T>& to) {
  const auto tail = from.begin() + static_cast<std::ptrdiff_t>(at);
  to.reserve(std::max(fanout + 1, to.size()));
  to.insert(to.end(), std::make_move_iterator(tail), std::make_move_iterator(from.end()));
  from.erase(tail, from.end());
}

// Splits a node that has grown over the fanout; null when it has not. In ascending loads the left node
// stays full, so that a replayed checkpoint packs its leaves.
node_ptr split(index_node& node, bool appended) {
  if (node.keys.size() <= fanout) return nullptr;
  const auto at = appended ? node.keys.size() - 1 : node.keys.size() / 2;
  auto right = new_node(node.edit_epoch);
  move_tail(node.keys, at, right->keys);
  if (!node.is_leaf()) move_tail(node.children, at, right->children);
  return right;
}

struct upserted {
  block_ref previous;
  node_ptr right;  // the new sibling, where the node was split
};

upserted upsert_into(node_ptr& slot, block_ref& b, std::uint64_t edit_epoch) {
  auto& node = editable(slot, edit_epoch);
  upserted out;
  if (node.is_leaf()) {
    const auto at = lower_bound_in(node, b->name());
    const auto pos = node.keys.begin() + static_cast<std::ptrdiff_t>(at);
    if (at < node.keys.size() && node.keys[at]->name() == b->name()) {
      out.previous = std::exchange(*pos, std::move(b));
      return out;
    }
    const bool appended = at == node.keys.size();
    node.keys.insert(pos, std::move(b));
    out.right = split(node, appended);
    return out;
  }
  const auto at = child_for(node, b->name());
  auto below = upsert_into(node.children[at], b, edit_epoch);
  out.previous = std::move(below.previous);
  if (below.right) {
    const bool appended = at + 1 == node.children.size();
    const auto next = static_cast<std::ptrdiff_t>(at) + 1;
    node.keys.insert(node.keys.begin() + next, below.right->keys.front());
    node.children.insert(node.children.begin() + next, std::move(below.right));
    out.right = split(node, appended);
  }
  return out;
}

// Joins child `at` with a neighbour where both fit into one node, so that deletes give memory back.
void merge_around(index_node& node, std::size_t at, std::uint64_t edit_epoch) {
  if (node.children[at]->keys.size() >= merge_below || node.children.size() < 2) return;
  const auto left = at == 0 ? at : at - 1;
  const auto right = left + 1;
  if (node.children[left]->keys.size() + node.children[right]->keys.size() > fanout) return;
  auto& into = editable(node.children[left], edit_epoch);
  const auto& from = *node.children[right];
  // The right node's first key is a bound of its own only as long as it is compared: as an inner node it
  // gets the separator that stood above it.
  const auto joint = into.keys.size();
  into.keys.insert(into.keys.end(), from.keys.begin(), from.keys.end());
  if (!from.is_leaf()) {
    into.children.insert(into.children.end(), from.children.begin(), from.children.end());
    into.keys[joint] = node.keys[right];
  }
  node.keys.erase(node.keys.begin() + static_cast<std::ptrdiff_t>(right));
  node.children.erase(node.children.begin() + static_cast<std::ptrdiff_t>(right));
}

block_ref erase_from(node_ptr& slot, std::string_view name, std::uint64_t edit_epoch) {
  auto& node = editable(slot, edit_epoch);
  if (node.is_leaf()) {
    const auto at = lower_bound_in(node, name);
    invariant(at < node.keys.size() && node.keys[at]->name() == name,
              "the block to erase is there");
    auto erased = std::move(node.keys[at]);
    node.keys.erase(node.keys.begin() + static_cast<std::ptrdiff_t>(at));
    return erased;
  }
  const auto at = child_for(node, name);
  auto erased = erase_from(node.children[at], name, edit_epoch);
  if (node.children[at]->keys.empty() && node.children.size() > 1) {
    node.keys.erase(node.keys.begin() + static_cast<std::ptrdiff_t>(at));
    node.children.erase(node.children.begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    merge_around(node, at, edit_epoch);
  }
  return erased;
}

block_ref find_in(const index_node* node, std::string_view name) {
  while (node != nullptr && !node->is_leaf()) node = node->children[child_for(*node, name)].get();
  if (node == nullptr) return {};
  const auto at = lower_bound_in(*node, name);
  if (at == node->keys.size() || node->keys[at]->name() != name) return {};
  return node->keys[at];
}

bool visit_from(const index_node& node, std::string_view from,
                const std::function<bool(const block_ref&)>& visit) {
  if (node.is_leaf()) {
    for (auto at = lower_bound_in(node, from); at < node.keys.size(); ++at)
      if (!visit(node.keys[at])) return false;
    return true;
  }
  for (auto at = child_for(node, from); at < node.children.size(); ++at)
    if (!visit_from(*node.children[at], from, visit)) return false;
  return true;
}

}  // namespace

block_ref index_snapshot::find(std::string_view name) const { return find_in(root_.get(), name); }

void index_snapshot::for_each_from(std::string_view from,
                                   const std::function<bool(const block_ref&)>& visit) const {
  if (root_) visit_from(*root_, from, visit);
}

block_index::block_index() : root_{new_node(edit_epoch_)} {}
block_index::block_index(block_index&&) noexcept = default;
block_index& block_index::operator=(block_index&&) noexcept = default;
block_index::~block_index() = default;

block_ref block_index::find(std::string_view name) const { return find_in(root_.get(), name); }

void block_index::for_each_from(std::string_view from,
                                const std::function<bool(const block_ref&)>& visit) const {
  visit_from(*root_, from, visit);
}

index_snapshot block_index::snapshot() {
  if (!mutant("snapshot-sees-later-writes")) ++edit_epoch_;
  return {root_, size_};
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
  auto [previous, right] = upsert_into(root_, b, edit_epoch_);
  if (right) {
    auto root = new_node(edit_epoch_);
    root->keys = {root_->keys.front(), right->keys.front()};
    root->children = {std::move(root_), std::move(right)};
    root_ = std::move(root);
  }
  if (previous) {
    count(previous, -1);
    expiring_.remove(previous);
  }
  // Last: a block that was moved is the same in their order.
  if (made) expiring_.add(made);
  return previous;
}

block_ref block_index::erase(std::string_view name) {
  if (!find(name)) return {};
  auto erased = erase_from(root_, name, edit_epoch_);
  while (!root_->is_leaf() && root_->children.size() == 1) {
    auto only = root_->children.front();
    root_ = std::move(only);
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
    root_ = new_node(edit_epoch_);
    size_ = value_bytes_ = dense_bytes_ = checkpoint_bytes_ = 0;
    expiring_.clear();
  }
  for (auto& b : gone) {
    if (!all) b = erase(b->name());
    retired(std::move(b));
  }
}

void block_index::apply(const op& o, std::uint64_t published, const retired_fn& retired) {
  switch (o.kind) {
    case op_kind::put:
      if (size_ >= 170 && mutant("metadata-of-fixed-size")) return;
      if (auto previous = upsert(block::make(o, published))) retired(std::move(previous));
      return;
    case op_kind::del:
      if (auto erased = erase(o.name)) retired(std::move(erased));
      return;
    case op_kind::relocate: {
      auto moved = block::make(o, published);
      const auto now = find(o.name);
      const bool is_current = now && (now->ver() == o.ver || mutant("relocation-unconditional"));
      retired(is_current ? upsert(std::move(moved)) : std::move(moved));
      return;
    }
    case op_kind::clear: clear(o.ver, retired); return;
  }
  invariant(false, "an op of a known kind");
}

}  // namespace stowage
