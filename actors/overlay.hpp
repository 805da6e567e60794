// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op, which stands in its batch: the overlay shares the batches, and refers
// to their ops. `settle` lets go of those that are durable; an older op of a name becoming durable leaves the newest.
// With several versions of a name in flight, reads see the newest. While a CLEAR is in flight every name has an op: the
// CLEAR, or one accepted after it.
// Concurrency: owned by the registry; `names` tells others which names have an op in here. A batch that was given to
// `keep` is not changed by anybody.
// Limits: as large as the registry's credit allows, and keeps the room of the most there ever was. `set` and `find` are
// O(1) on average, `settle` is for each op; who knows what comes next says so by `prefetch`: every write passes here twice.
#pragma once

#include <stowage/actors/names_in_flight.hpp>
#include <stowage/actors/probe_table.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/log/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage {

class overlay {
 public:
  /// An op of this name will be set soon.
  [[gnu::always_inline]] void prefetch(std::string_view name) const noexcept {
    // A small table is in the CPU's caches anyway.
    if (newest_.size() > prefetched_from) newest_.prefetch(names_in_flight::hash_of(name));
  }

  /// The op was accepted, and has its place in a batch that `keep` will be given; it is told what it need know of
  /// those before it.
  void set(accepted_op& o) {
    if (o.kind == op_kind::clear) return set_cleared(o);
    o.name_hash = names_in_flight::hash_of(o.name);
    if (const auto** before = newest_.find(o.name_hash, named{o.name})) {
      *before = &o;
      return;
    }
    o.may_supersede_pending = false;
    if (!mutant("names-lowered-before-publication")) names_->raise(o.name_hash);
    newest_.insert(o.name_hash, &o);
  }

  /// The ops that were set since the last one was kept.
  void keep(std::shared_ptr<const batch> unit) { units_.push_back(std::move(unit)); }

  /// The newest accepted op of this name, or null; of a name that a CLEAR removes, the CLEAR.
  [[nodiscard]] const accepted_op* find(std::string_view name) const {
    if (mutant("reads-miss-what-is-queued")) return nullptr;
    const auto* const* found = newest_.find(names_in_flight::hash_of(name), named{name});
    return found != nullptr ? *found : clear_;
  }

  /// Nothing of what is durable is to be seen.
  [[nodiscard]] bool is_cleared() const noexcept { return clear_ != nullptr; }

  /// Every op up to this version is durable, and published.
  void settle(version durable) {
    const auto end = std::ranges::find_if(units_, [durable](const auto& unit) {
      return unit->through > durable && !mutant("overlay-lets-go-of-what-is-in-flight");
    });
    std::for_each(units_.begin(), end, [this](const auto& unit) {
      for (const auto& o : unit->ops) settling_.push_back(&o);
    });
    const bool is_large = newest_.size() > prefetched_from;
    for (std::size_t i = 0; i < settling_.size(); ++i) {
      if (is_large && i + prefetched_ops < settling_.size())
        newest_.prefetch(settling_[i + prefetched_ops]->name_hash);
      drop(*settling_[i]);
    }
    settling_.clear();
    units_.erase(units_.begin(), end);
  }

  /// Nothing that was accepted will become durable.
  void forget() noexcept {
    drop_all();
    if (clear_ != nullptr) end_clear();
    units_.clear();
  }

  [[nodiscard]] std::shared_ptr<const names_in_flight> names() const noexcept { return names_; }

  /// The ops of names that start with `prefix`, from the name `from` on, in name order. Looks at all there
  /// are: lists are rare, writes are not. Valid until the next change.
  [[nodiscard]] std::vector<const accepted_op*> sorted(std::string_view prefix,
                                                       std::string_view from) const {
    std::vector<const accepted_op*> out;
    newest_.for_each([&](std::uint32_t, const accepted_op* o) {
      if (o->name >= from && o->name.starts_with(prefix)) out.push_back(o);
    });
    std::ranges::sort(out, {}, &accepted_op::name);
    return out;
  }

 private:
  /// 32 KiB of slots at least.
  static constexpr std::size_t prefetched_from = 1024;
  /// About as many misses as a core keeps under way (docs/decisions/0023).
  static constexpr std::size_t prefetched_ops = 16;

  struct named {
    std::string_view name;
    bool operator()(const accepted_op* o) const noexcept { return o->name == name; }
  };

  void set_cleared(const accepted_op& by) {
    // First: no name may seem to have nothing in flight meanwhile.
    if (clear_ == nullptr && !mutant("clear-lets-names-go-first")) names_->raise_all();
    if (!mutant("clear-leaves-what-is-pending")) drop_all();
    clear_ = &by;
  }

  // A newer one stays.
  void drop(const accepted_op& o) {
    if (o.kind == op_kind::clear) {
      if (clear_ == &o) end_clear();
      return;
    }
    const auto* newest = &o;
    if (mutant("older-write-ends-a-newer-one"))
      if (const auto* const* found = newest_.find(o.name_hash, named{o.name})) newest = *found;
    if (newest_.erase(o.name_hash, newest)) names_->lower(o.name_hash);
  }

  void end_clear() noexcept {
    clear_ = nullptr;
    names_->lower_all();
  }

  void drop_all() noexcept {
    newest_.for_each([this](std::uint32_t hash, const accepted_op*) { names_->lower(hash); });
    newest_.clear();
  }

  /// By the hashes of the names.
  probe_table<const accepted_op> newest_;
  const accepted_op* clear_ = nullptr;
  /// Where those are, in the order of their versions.
  std::deque<std::shared_ptr<const batch>> units_;
  op_list settling_;
  std::shared_ptr<names_in_flight> names_ = std::make_shared<names_in_flight>();
};

}  // namespace stowage
