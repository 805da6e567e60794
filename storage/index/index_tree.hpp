// The nodes of a block_index, and who may still look at those that are not part of it any more.
//
// Contract: the tree owns its nodes, and one share of a block for each key of a node. A snapshot sees all that was
// part of the tree when it was taken; what is taken out of the tree later lives until no such snapshot is left. A
// node that a snapshot sees is never changed: its copy takes over what it owned, so that copying a node copies plain
// pointers and touches no block.
// Concurrency: one thread changes the tree and takes snapshots of it; those are read and dropped on any thread.
// Limits: what snapshots kept is let go by the one thread, a few with each change and the rest by `let_go_some`: a
// state of a million blocks at once would take it some 200 ms.
#pragma once

#include <stowage/storage/index/block.hpp>
#include <stowage/storage/index/key_list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace stowage::detail {

// A leaf holds blocks in name order. An inner node holds children; keys[i] is a lower bound of
// children[i] and an upper bound of children[i - 1] (keys[0] is never compared). A key is a block that
// had that name once: it keeps the bytes alive, nothing else.
struct index_node {
  std::uint64_t edit_epoch = 0;
  key_list keys;
  std::vector<index_node*> children;

  [[nodiscard]] bool is_leaf() const noexcept { return children.empty(); }
};

class index_tree {
 public:
  index_tree() : root{std::make_unique<index_node>().release()} {}
  index_tree(const index_tree&) = delete;
  index_tree& operator=(const index_tree&) = delete;
  ~index_tree();

  /// Keeps what is seen now for as long as it lives, the tree with it.
  class snapshot_token {
   public:
    snapshot_token(std::shared_ptr<const index_tree> tree, std::shared_ptr<std::atomic<bool>> gone)
        : tree_{std::move(tree)}, gone_{std::move(gone)} {}
    snapshot_token(const snapshot_token&) = delete;
    snapshot_token& operator=(const snapshot_token&) = delete;
    ~snapshot_token() { gone_->store(true, std::memory_order_release); }

   private:
    std::shared_ptr<const index_tree> tree_;
    std::shared_ptr<std::atomic<bool>> gone_;
  };
  [[nodiscard]] static std::shared_ptr<const snapshot_token> snapshot(
      const std::shared_ptr<index_tree>& tree);

  /// A change begins, by which a block of this version and publish epoch comes into the tree.
  void begin_change(version ver, std::uint64_t published);

  [[nodiscard]] index_node* new_node() const;

  /// Makes `slot` safe to change.
  index_node& editable(index_node*& slot);

  // No longer part of the tree. What a node refers to is not looked at.
  void retire(index_node* node);
  void retire(const block* key);
  /// With all there is below it.
  void retire_all(index_node* node);

  /// Finds out which snapshots are gone.
  void note_gone();
  /// Lets go of up to `items_max` nodes and blocks that only snapshots kept that are gone; true when none is left.
  bool let_go_some(std::size_t items_max);

  index_node* root;

 private:
  struct item {
    index_node* node = nullptr;
    const block* key = nullptr;
    std::uint64_t retired = 0;
  };

  // What a snapshot sees: nodes and blocks that are no younger than this.
  struct snapshot_record {
    std::uint64_t edit_epoch = 0;
    version newest;
    std::uint64_t published = 0;
    std::shared_ptr<std::atomic<bool>> gone;
    std::vector<item> kept;

    [[nodiscard]] bool is_gone() const noexcept { return gone->load(std::memory_order_acquire); }
    [[nodiscard]] bool sees(const index_node& node) const noexcept {
      return node.edit_epoch <= edit_epoch;
    }
    [[nodiscard]] bool sees(const block& key) const noexcept {
      return key.ver() <= newest && key.published() <= published;
    }
    [[nodiscard]] bool sees(const item& it) const noexcept {
      if (it.node != nullptr) return sees(*it.node);
      return it.key != nullptr && sees(*it.key);
    }
  };

  void place(const item& it);
  static void let_go(const item& it) noexcept;
  static void let_all_go(index_node* node) noexcept;

  std::uint64_t edit_epoch_ = 1;
  /// Of all that ever came into the tree.
  version newest_;
  std::uint64_t published_ = 0;
  /// In the order they were taken; one that is gone stays until the next `note_gone`.
  std::vector<snapshot_record> snapshots_;
  /// What those kept that are gone.
  std::vector<std::vector<item>> orphans_;
};

}  // namespace stowage::detail
