// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op. An entry goes when its own version is durable; an
// older one becoming durable leaves it. With several versions of a name in flight, reads see the newest. While a
// CLEAR is in flight every name has an op: the CLEAR, or one accepted after it.
// Concurrency: owned by the registry.
// Limits: as large as the registry's credit allows.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
    const auto [at, is_new] = entries_.try_emplace(name);
    at->second = std::move(e);
    return !is_new;
  }

  /// A CLEAR was accepted.
  void set_cleared(version by) {
    if (!mutant("clear-leaves-what-is-pending")) entries_.clear();
    clear_.emplace(entry{by, true, {}});
  }

  /// The newest accepted op of this name, or null; of a name that a CLEAR removes, a delete.
  [[nodiscard]] const entry* find(const std::string& name) const {
    if (mutant("reads-miss-what-is-queued")) return nullptr;
    const auto it = entries_.find(name);
    if (it != entries_.end()) return &it->second;
    return clear_ ? &*clear_ : nullptr;
  }

  /// Nothing of what is durable is to be seen.
  [[nodiscard]] bool is_cleared() const noexcept { return clear_.has_value(); }

  /// The op of this name and version, and every older one of it, is durable.
  void drop(const std::string& name, version durable) {
    const auto it = entries_.find(name);
    if (it == entries_.end()) return;
    if (it->second.ver <= durable || mutant("older-write-ends-a-newer-one")) entries_.erase(it);
  }

  /// The CLEAR of this version is durable.
  void drop_clear(version durable) {
    if (clear_ && clear_->ver <= durable) clear_.reset();
  }

  /// Nothing that was accepted will become durable.
  void forget() noexcept {
    entries_.clear();
    clear_.reset();
  }

  struct named {
    std::string_view name;
    const entry* accepted = nullptr;
  };
  /// The ops of names that start with `prefix`, from the name `from` on, in name order. Looks at all there
  /// are: lists are rare, writes are not. The names are valid until the next change.
  [[nodiscard]] std::vector<named> sorted(std::string_view prefix, std::string_view from) const {
    std::vector<named> out;
    for (const auto& [name, e] : entries_)
      if (name >= from && name.starts_with(prefix)) out.push_back({name, &e});
    std::ranges::sort(out, {}, &named::name);
    return out;
  }

 private:
  std::unordered_map<std::string, entry> entries_;
  /// The newest one.
  std::optional<entry> clear_;
};

}  // namespace stowage
