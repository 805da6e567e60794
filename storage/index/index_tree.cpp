#include <stowage/storage/index/index_tree.hpp>

#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace stowage::detail {

namespace {

// More than a change leaves behind, so that it comes to an end.
constexpr std::size_t items_per_change = 16;

}  // namespace

index_tree::~index_tree() {
  for (const auto& s : snapshots_)
    for (const auto& it : s.kept) let_go(it);
  for (const auto& of_one : orphans_)
    for (const auto& it : of_one) let_go(it);
  let_all_go(root);
}

std::shared_ptr<const index_tree::snapshot_token> index_tree::snapshot(
    const std::shared_ptr<index_tree>& tree) {
  tree->note_gone();
  auto gone = std::make_shared<std::atomic<bool>>(false);
  tree->snapshots_.push_back({tree->edit_epoch_, tree->newest_, tree->published_, gone, {}});
  ++tree->edit_epoch_;
  return std::make_shared<const snapshot_token>(tree, std::move(gone));
}

void index_tree::begin_change(version ver, std::uint64_t published) {
  // As long as there is none, nothing is copied.
  if (!snapshots_.empty() && snapshots_.back().is_gone()) note_gone();
  (void)let_go_some(items_per_change);
  newest_ = std::max(newest_, ver);
  published_ = std::max(published_, published);
}

index_node* index_tree::new_node() const {
  auto node = std::make_unique<index_node>();
  node->edit_epoch = edit_epoch_;
  return node.release();
}

index_node& index_tree::editable(index_node*& slot) {
  const bool is_seen = !snapshots_.empty() && snapshots_.back().sees(*slot);
  if (is_seen && !mutant("snapshot-sees-later-writes")) {
    auto copy = std::make_unique<index_node>(*slot);
    copy->edit_epoch = edit_epoch_;
    retire(std::exchange(slot, copy.release()));
  }
  return *slot;
}

void index_tree::retire(index_node* node) { place({node, nullptr, edit_epoch_}); }

void index_tree::retire(const block* key) { place({nullptr, key, edit_epoch_}); }

void index_tree::retire_all(index_node* node) {
  for (auto* child : node->children) retire_all(child);
  for (std::size_t at = 0; at < node->keys.size(); ++at) retire(node->keys[at]);
  retire(node);
}

// With the newest snapshot that sees it: those before go first, mostly, so it is looked at once. What the newest one
// does not see is younger than all of them.
void index_tree::place(const item& it) {
  const auto after = std::ranges::lower_bound(
      snapshots_, it.retired, {}, [](const snapshot_record& s) { return s.edit_epoch; });
  if (after == snapshots_.begin() || !std::prev(after)->sees(it)) return let_go(it);
  std::prev(after)->kept.push_back(it);
}

void index_tree::note_gone() {
  auto end = snapshots_.begin();
  for (auto& s : snapshots_) {
    // Asked once: it may be gone the next moment.
    if (s.is_gone()) {
      if (!s.kept.empty()) orphans_.push_back(std::move(s.kept));
      continue;
    }
    if (&*end != &s) *end = std::move(s);
    ++end;
  }
  snapshots_.erase(end, snapshots_.end());
}

bool index_tree::let_go_some(std::size_t items_max) {
  for (; items_max > 0 && !orphans_.empty(); --items_max) {
    auto& some = orphans_.back();
    const auto it = some.back();
    some.pop_back();
    if (some.empty()) orphans_.pop_back();
    place(it);
  }
  return orphans_.empty();
}

void index_tree::let_go(const item& it) noexcept {
  if (it.key != nullptr) (void)block_ref::adopt(it.key);
  const std::unique_ptr<index_node> node{it.node};
}

void index_tree::let_all_go(index_node* node) noexcept {
  for (auto* child : node->children) let_all_go(child);
  for (std::size_t at = 0; at < node->keys.size(); ++at) (void)block_ref::adopt(node->keys[at]);
  let_go({node, nullptr, 0});
}

}  // namespace stowage::detail
