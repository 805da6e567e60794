// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op. An entry goes when its own version is durable; an
// older one becoming durable leaves it. With several versions of a name in flight, reads see the newest. While a
// CLEAR is in flight every name has an op: the CLEAR, or one accepted after it.
// Concurrency: owned by the registry; `names` tells others which names have an op in here.
// Limits: as large as the registry's credit allows, and keeps the room of the most there ever was. `set`, `find` and
// `drop` are O(1) on average, without a chain to follow: every write passes here twice.
#pragma once

#include <stowage/actors/names_in_flight.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>

#include <tsl/robin_map.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage {

class overlay {
 public:
  struct entry {
    version ver;
    bool deleted = false;
    shared_bytes value;
    std::uint64_t expires_at_ms = 0;
  };

  /// Whether an older op of this name is in here.
  bool set(const std::string& name, entry e) {
    if (const auto it = by_name_.find(name); it != by_name_.end()) {
      it->second->what = std::move(e);
      return true;
    }
    if (!mutant("names-lowered-before-publication")) names_->raise(name);
    auto& n = unused_node();
    n.name = name;
    n.what = std::move(e);
    by_name_.emplace(n.name, &n);
    return false;
  }

  /// A CLEAR was accepted.
  void set_cleared(version by) {
    // First: no name may seem to have nothing in flight meanwhile.
    if (!clear_ && !mutant("clear-lets-names-go-first")) names_->raise_all();
    if (!mutant("clear-leaves-what-is-pending")) drop_all();
    clear_.emplace(entry{by, true, {}});
  }

  /// The newest accepted op of this name, or null; of a name that a CLEAR removes, a delete.
  [[nodiscard]] const entry* find(const std::string& name) const {
    if (mutant("reads-miss-what-is-queued")) return nullptr;
    const auto it = by_name_.find(name);
    if (it != by_name_.end()) return &it->second->what;
    return clear_ ? &*clear_ : nullptr;
  }

  /// Nothing of what is durable is to be seen.
  [[nodiscard]] bool is_cleared() const noexcept { return clear_.has_value(); }

  /// The op of this name and version, and every older one of it, is durable.
  void drop(const std::string& name, version durable) {
    const auto it = by_name_.find(name);
    if (it == by_name_.end()) return;
    auto& n = *it->second;
    if (n.what.ver > durable && !mutant("older-write-ends-a-newer-one")) return;
    by_name_.erase(it);
    names_->lower(n.name);
    n = {};
    unused_.push_back(&n);
  }

  /// The CLEAR of this version is durable.
  void drop_clear(version durable) {
    if (clear_ && clear_->ver <= durable) end_clear();
  }

  /// Nothing that was accepted will become durable.
  void forget() noexcept {
    drop_all();
    if (clear_) end_clear();
  }

  [[nodiscard]] std::shared_ptr<const names_in_flight> names() const noexcept { return names_; }

  struct named {
    std::string_view name;
    const entry* accepted = nullptr;
  };
  /// The ops of names that start with `prefix`, from the name `from` on, in name order. Looks at all there
  /// are: lists are rare, writes are not. The names are valid until the next change.
  [[nodiscard]] std::vector<named> sorted(std::string_view prefix, std::string_view from) const {
    std::vector<named> out;
    for (const auto& [name, n] : by_name_)
      if (name >= from && name.starts_with(prefix)) out.push_back({name, &n->what});
    std::ranges::sort(out, {}, &named::name);
    return out;
  }

 private:
  struct node {
    std::string name;
    entry what;
  };

  node& unused_node() {
    if (unused_.empty()) return nodes_.emplace_back();
    auto& n = *unused_.back();
    unused_.pop_back();
    return n;
  }

  void end_clear() noexcept {
    clear_.reset();
    names_->lower_all();
  }

  void drop_all() noexcept {
    for (const auto& [name, n] : by_name_) names_->lower(name);
    by_name_.clear();
    unused_.clear();
    nodes_.clear();
  }

  /// As many as there ever were at a time.
  std::deque<node> nodes_;
  /// Those that are not in the table; the last one left it last, and is in the CPU's caches.
  std::vector<node*> unused_;
  /// By the names of the nodes, with their hashes: another name's node is not looked at.
  tsl::robin_map<std::string_view, node*, std::hash<std::string_view>, std::equal_to<>,
                 std::allocator<std::pair<std::string_view, node*>>, true>
      by_name_;
  /// The newest one.
  std::optional<entry> clear_;
  std::shared_ptr<names_in_flight> names_ = std::make_shared<names_in_flight>();
};

}  // namespace stowage
