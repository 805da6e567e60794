// Who watches which names, and what each of them has not asked for yet.
//
// Contract: each watch gets the changes of names with its prefix, in the order they are told, and every `cleared`. It
// holds `watched_changes_max` of them; for each one more the oldest becomes part of the gap before the others. What
// `take` gave is given again until a later `take` says that it has arrived.
// Concurrency: owned by the registry.
// Limits: a change costs a lookup for each length that prefixes have, and a copy of its name for each watch that gets it.
#pragma once

#include <stowage/messages/watch.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage {

class watch_table {
 public:
  using id = std::uint64_t;

  [[nodiscard]] bool empty() const noexcept { return watches_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return watches_.size(); }
  [[nodiscard]] bool contains(id which) const { return watches_.contains(which); }
  /// How many gaps have begun, in all watches there ever were.
  [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }

  /// Of what is told from now on.
  id add(std::string prefix);
  void remove(id which);

  /// Versions ascend from one to the next.
  void tell(std::string_view name, change_kind kind, version ver);

  /// Everything there is for this watch, of which everything up to `after` has arrived; nothing if there is nothing.
  [[nodiscard]] std::optional<change_batch> take(id which, version after);

 private:
  struct watch {
    std::string prefix;
    std::optional<change_gap> gap;
    std::deque<block_change> changes;
    /// What was given and may not have arrived.
    std::optional<change_batch> given;
  };
  struct by_prefix {
    std::map<std::string, std::vector<watch*>, std::less<>> watches;
    /// How many prefixes there are of each length.
    std::map<std::size_t, std::size_t> lengths;
  };

  void add_to(watch& to, std::string_view name, change_kind kind, version ver);

  /// The watches stay where they are.
  std::map<id, watch> watches_;
  by_prefix by_prefix_;
  id last_id_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace stowage
