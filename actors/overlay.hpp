// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op. An entry goes when its own version is durable; an
// older one becoming durable leaves it. With several versions of a name in flight, reads see the newest.
// Concurrency: owned by the registry.
// Limits: as large as the registry's credit allows.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/core/types.hpp>

#include <algorithm>
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
  };

  /// Whether an older op of this name is in here.
  bool set(const std::string& name, entry e) {
    const auto [at, is_new] = entries_.try_emplace(name);
    at->second = std::move(e);
    return !is_new;
  }

  /// The newest accepted op of this name, or null.
  [[nodiscard]] const entry* find(const std::string& name) const {
    const auto it = entries_.find(name);
    if (it == entries_.end() || mutant("reads-miss-what-is-queued")) return nullptr;
    return &it->second;
  }

  /// The op of this name and version, and every older one of it, is durable.
  void drop(const std::string& name, version durable) {
    const auto it = entries_.find(name);
    if (it == entries_.end()) return;
    if (it->second.ver <= durable || mutant("older-write-ends-a-newer-one")) entries_.erase(it);
  }

  void clear() noexcept { entries_.clear(); }

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
};

}  // namespace stowage
