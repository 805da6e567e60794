// What is accepted and not yet durable, by name: reads look here first.
//
// Contract: for each name the newest accepted op. An entry goes when its own version is durable; an
// older one becoming durable leaves it. With several versions of a name in flight, reads see the newest.
// Concurrency: owned by the registry.
// Limits: as large as the registry's credit allows.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>

#include <map>
#include <string>
#include <string_view>

namespace stowage {

class overlay {
 public:
  struct entry {
    version ver;
    bool deleted = false;
    shared_bytes value;
  };

  void set(std::string_view name, entry e) {
    if (const auto it = entries_.find(name); it != entries_.end())
      it->second = std::move(e);
    else
      entries_.emplace(std::string{name}, std::move(e));
  }

  /// The newest accepted op of this name, or null.
  [[nodiscard]] const entry* find(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
  }

  /// The op of this name and version, and every older one of it, is durable.
  void drop(std::string_view name, version durable) {
    const auto it = entries_.find(name);
    if (it != entries_.end() && it->second.ver <= durable) entries_.erase(it);
  }

  void clear() noexcept { entries_.clear(); }

  /// In name order.
  [[nodiscard]] const std::map<std::string, entry, std::less<>>& entries() const noexcept {
    return entries_;
  }

 private:
  std::map<std::string, entry, std::less<>> entries_;
};

}  // namespace stowage
