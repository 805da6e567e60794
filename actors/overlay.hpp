// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op. An entry goes when its own version is durable; an
// older one becoming durable leaves it. With several versions of a name in flight, reads see the newest. While a
// CLEAR is in flight every name has an op: the CLEAR, or one accepted after it.
// Concurrency: owned by the registry; `names` tells others which names have an op in here.
// Limits: as large as the registry's credit allows, and keeps the room of the most there ever was. `set`, `find` and
// `drop` are O(1) on average; who knows what comes next says so by `prefetch`: every write passes here twice.
#pragma once

#include <stowage/actors/names_in_flight.hpp>
#include <stowage/actors/probe_table.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
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

  /// An op of this name will be set or dropped soon.
  [[gnu::always_inline]] void prefetch(std::string_view name) const noexcept {
    // A small table is in the CPU's caches anyway.
    if (numbers_.size() > prefetched_from) numbers_.prefetch(names_in_flight::hash_of(name));
  }

  /// Whether an older op of this name is in here.
  bool set(const std::string& name, entry e) {
    const auto hash = names_in_flight::hash_of(name);
    if (const auto number = number_of(name, hash); number != probe_table::none) {
      at(number).what = std::move(e);
      return true;
    }
    if (!mutant("names-lowered-before-publication")) names_->raise(hash);
    const auto number = unused_number();
    auto& n = at(number);
    n.name = name;
    n.what = std::move(e);
    numbers_.insert(hash, number);
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
  [[nodiscard]] const entry* find(std::string_view name) const {
    if (mutant("reads-miss-what-is-queued")) return nullptr;
    const auto number = number_of(name, names_in_flight::hash_of(name));
    if (number != probe_table::none) return &at(number).what;
    return clear_ ? &*clear_ : nullptr;
  }

  /// Nothing of what is durable is to be seen.
  [[nodiscard]] bool is_cleared() const noexcept { return clear_.has_value(); }

  /// The op of this name and version, and every older one of it, is durable.
  void drop(std::string_view name, version durable) {
    const auto hash = names_in_flight::hash_of(name);
    const auto number = number_of(name, hash);
    if (number == probe_table::none) return;
    auto& n = at(number);
    if (n.what.ver > durable && !mutant("older-write-ends-a-newer-one")) return;
    numbers_.erase(hash, number);
    names_->lower(hash);
    n = {};
    unused_.push_back(number);
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
    numbers_.for_each([&](std::uint32_t number) {
      const auto& n = at(number);
      if (n.name >= from && n.name.starts_with(prefix)) out.push_back({n.name, &n.what});
    });
    std::ranges::sort(out, {}, &named::name);
    return out;
  }

 private:
  struct node {
    std::string name;
    entry what;
  };

  /// 32 KiB of slots at least.
  static constexpr std::size_t prefetched_from = 2048;
  static constexpr std::uint32_t nodes_together = 512;
  using some_nodes = std::array<node, nodes_together>;

  [[nodiscard]] node& at(std::uint32_t number) noexcept {
    return (*nodes_[number / nodes_together])[number % nodes_together];
  }
  [[nodiscard]] const node& at(std::uint32_t number) const noexcept {
    return (*nodes_[number / nodes_together])[number % nodes_together];
  }
  [[nodiscard]] std::uint32_t number_of(std::string_view name, std::uint32_t hash) const {
    return numbers_.find(hash, [&](std::uint32_t number) { return at(number).name == name; });
  }

  std::uint32_t unused_number() {
    if (unused_.empty()) {
      // The first one is taken first.
      const auto end = static_cast<std::uint32_t>(nodes_.size() + 1) * nodes_together;
      nodes_.push_back(std::make_unique<some_nodes>());
      for (auto n = end; n > end - nodes_together; --n) unused_.push_back(n - 1);
    }
    const auto number = unused_.back();
    unused_.pop_back();
    return number;
  }

  void end_clear() noexcept {
    clear_.reset();
    names_->lower_all();
  }

  void drop_all() noexcept {
    numbers_.for_each(
        [this](std::uint32_t number) { names_->lower(names_in_flight::hash_of(at(number).name)); });
    numbers_.clear();
    unused_.clear();
    nodes_.clear();
  }

  /// As many as there ever were at a time.
  std::vector<std::unique_ptr<some_nodes>> nodes_;
  /// Those that have no op; the last one lost it last, and is in the CPU's caches.
  std::vector<std::uint32_t> unused_;
  /// Of the nodes that have one, by the hashes of the names.
  probe_table numbers_;
  /// The newest one.
  std::optional<entry> clear_;
  std::shared_ptr<names_in_flight> names_ = std::make_shared<names_in_flight>();
};

}  // namespace stowage
