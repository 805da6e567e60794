#include <stowage/actors/watch_table.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <iterator>
#include <utility>

namespace stowage {

watch_table::id watch_table::add(std::string prefix) {
  const auto which = ++last_id_;
  auto& added = watches_[which];
  added.prefix = std::move(prefix);
  auto& same_prefix = by_prefix_.watches[added.prefix];
  if (same_prefix.empty()) ++by_prefix_.lengths[added.prefix.size()];
  same_prefix.push_back(&added);
  return which;
}

void watch_table::remove(id which) {
  const auto found = watches_.find(which);
  if (found == watches_.end()) return;
  const auto same_prefix = by_prefix_.watches.find(found->second.prefix);
  std::erase(same_prefix->second, &found->second);
  if (same_prefix->second.empty()) {
    const auto length = by_prefix_.lengths.find(found->second.prefix.size());
    if (--length->second == 0) by_prefix_.lengths.erase(length);
    by_prefix_.watches.erase(same_prefix);
  }
  watches_.erase(found);
}

void watch_table::tell(std::string_view name, change_kind kind, version ver) {
  if (kind == change_kind::cleared) {
    for (auto& [which, each] : watches_) add_to(each, name, kind, ver);
    return;
  }
  for (const auto& [length, count] : by_prefix_.lengths) {
    if (length > name.size()) return;
    const auto found = by_prefix_.watches.find(name.substr(0, length));
    if (found == by_prefix_.watches.end()) continue;
    for (auto* each : found->second) add_to(*each, name, kind, ver);
  }
}

void watch_table::add_to(watch& to, std::string_view name, change_kind kind, version ver) {
  invariant(to.changes.empty() || to.changes.back().ver < ver, "changes are told in version order");
  if (to.changes.size() == watched_changes_max) {
    const auto forgotten = to.changes.front().ver;
    to.changes.pop_front();
    if (!to.gap) {
      to.gap = change_gap{forgotten, forgotten};
      ++gaps_;
    }
    to.gap->to = forgotten;
  }
  to.changes.push_back({std::string{name}, kind, ver});
}

std::optional<change_batch> watch_table::take(id which, version after) {
  auto& from = watches_.at(which);
  if (from.given && after < from.given->through) return from.given;
  from.given.reset();
  if (from.changes.empty()) return std::nullopt;
  auto& batch = from.given.emplace();
  batch.gap = std::exchange(from.gap, std::nullopt);
  batch.changes.assign(std::make_move_iterator(from.changes.begin()),
                       std::make_move_iterator(from.changes.end()));
  from.changes.clear();
  batch.through = batch.changes.back().ver;
  return batch;
}

}  // namespace stowage
