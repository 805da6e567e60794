#include <stowage/storage/space/run_tree.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <algorithm>

namespace stowage {

void run_tree::insert(extent run) {
  const auto fresh = make_node(run);
  root_ = insert_below(root_, fresh);
  ++size_;
}

void run_tree::erase(std::uint64_t offset) {
  root_ = erase_below(root_, offset);
  --size_;
}

void run_tree::replace(std::uint64_t offset, extent run) { replace_below(root_, offset, run); }

std::optional<extent> run_tree::at_or_before(std::uint64_t offset) const noexcept {
  std::optional<extent> best;
  for (auto i = root_; i != none;) {
    const auto& n = nodes_[i];
    if (n.run.offset <= offset) {
      best = n.run;
      i = n.right;
    } else {
      i = n.left;
    }
  }
  return best;
}

std::optional<extent> run_tree::first_fit(std::uint64_t from, std::uint64_t length) const noexcept {
  const auto i = first_fit_below(root_, from, length);
  if (i == none) return std::nullopt;
  return nodes_[i].run;
}

void run_tree::swap(run_tree& other) noexcept {
  nodes_.swap(other.nodes_);
  std::swap(root_, other.root_);
  std::swap(spare_, other.spare_);
  std::swap(size_, other.size_);
}

unsigned run_tree::height_of(index i) const noexcept { return i == none ? 0U : nodes_[i].height; }

std::uint64_t run_tree::longest_of(index i) const noexcept {
  return i == none ? 0 : nodes_[i].longest;
}

run_tree::index run_tree::make_node(extent run) {
  node fresh;
  fresh.run = run;
  fresh.longest = run.length;
  if (spare_ != none) {
    const auto i = spare_;
    spare_ = nodes_[i].left;
    nodes_[i] = fresh;
    return i;
  }
  invariant(nodes_.size() < none, "too many runs");
  nodes_.push_back(fresh);
  return static_cast<index>(nodes_.size() - 1);
}

void run_tree::drop_node(index i) noexcept {
  nodes_[i].left = spare_;
  spare_ = i;
}

void run_tree::update(index i) noexcept {
  auto& n = nodes_[i];
  n.height = static_cast<std::uint8_t>(1 + std::max(height_of(n.left), height_of(n.right)));
  n.longest = std::max({n.run.length, longest_of(n.left), longest_of(n.right)});
}

run_tree::index run_tree::rotate_left(index i) noexcept {
  const auto up = nodes_[i].right;
  nodes_[i].right = nodes_[up].left;
  nodes_[up].left = i;
  update(i);
  update(up);
  return up;
}

run_tree::index run_tree::rotate_right(index i) noexcept {
  const auto up = nodes_[i].left;
  nodes_[i].left = nodes_[up].right;
  nodes_[up].right = i;
  update(i);
  update(up);
  return up;
}

run_tree::index run_tree::balance(index i) noexcept {
  update(i);
  auto& n = nodes_[i];
  const auto left = height_of(n.left);
  const auto right = height_of(n.right);
  if (left > right + 1) {
    const auto& l = nodes_[n.left];
    if (height_of(l.left) < height_of(l.right)) n.left = rotate_left(n.left);
    return rotate_right(i);
  }
  if (right > left + 1) {
    const auto& r = nodes_[n.right];
    if (height_of(r.right) < height_of(r.left)) n.right = rotate_right(n.right);
    return rotate_left(i);
  }
  return i;
}

run_tree::index run_tree::insert_below(index i, index fresh) {
  if (i == none) return fresh;
  auto& n = nodes_[i];
  const auto offset = nodes_[fresh].run.offset;
  invariant(offset != n.run.offset, "two runs start at one offset");
  if (offset < n.run.offset)
    n.left = insert_below(n.left, fresh);
  else
    n.right = insert_below(n.right, fresh);
  return balance(i);
}

run_tree::index run_tree::erase_below(index i, std::uint64_t offset) {
  invariant(i != none, "no run starts at this offset");
  auto& n = nodes_[i];
  if (offset < n.run.offset) {
    n.left = erase_below(n.left, offset);
    return balance(i);
  }
  if (offset > n.run.offset) {
    n.right = erase_below(n.right, offset);
    return balance(i);
  }
  const auto left = n.left;
  const auto right = n.right;
  drop_node(i);
  if (left == none) return right;
  if (right == none) return left;
  auto successor = none;
  const auto rest = detach_first(right, successor);
  nodes_[successor].left = left;
  nodes_[successor].right = rest;
  return balance(successor);
}

run_tree::index run_tree::detach_first(index i, index& first) noexcept {
  auto& n = nodes_[i];
  if (n.left == none) {
    first = i;
    return n.right;
  }
  n.left = detach_first(n.left, first);
  return balance(i);
}

void run_tree::replace_below(index i, std::uint64_t offset, extent run) {
  invariant(i != none, "no run starts at this offset");
  auto& n = nodes_[i];
  if (offset < n.run.offset)
    replace_below(n.left, offset, run);
  else if (offset > n.run.offset)
    replace_below(n.right, offset, run);
  else
    n.run = run;
  update(i);
}

run_tree::index run_tree::first_fit_below(index i, std::uint64_t from,
                                          std::uint64_t length) const noexcept {
  // Only the subtrees cut by `from` can disappoint after this test, one per level: O(log n).
  if (i == none || nodes_[i].longest < length) return none;
  const auto& n = nodes_[i];
  if (n.run.offset >= from) {
    const auto before = first_fit_below(n.left, from, length);
    if (before != none) return before;
    if (n.run.length >= length) return i;
  }
  return first_fit_below(n.right, from, length);
}

}  // namespace stowage
