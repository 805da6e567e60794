// Watching a store: what has become durable, by prefix of the name, in the order of versions.
//
// Contract: a change is told when it survives power loss, once, and never before. Of several writes of one name that
// become durable by the same sync only the last is told: no crash could have left the others. Blocks that compaction
// moves do not change. A watch belongs to the actor that began it and ends with it.
// Concurrency: plain values.
// Limits: a watch holds `watched_changes_max` changes that nobody has asked for; beyond, the oldest are forgotten, and
// a gap says which. Whoever finds a gap lists the blocks anew.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/ids.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// Changes that a watch holds for the next question.
inline constexpr std::size_t watched_changes_max = 1024;
/// Watches of one store. With the answer that was given last and may be asked for again, each holds at most twice
/// `watched_changes_max` changes: all of them 140 MiB if every name is as long as it may be, 15 MiB of ordinary ones.
inline constexpr std::size_t watches_max = 64;

/// Begins a watch of the blocks whose names start with `prefix`. Answered with `watch_started`. Fails with
/// limit_exceeded (there are `watches_max`, or the prefix is longer than a name), invalid_argument (nobody sent it),
/// poisoned, closed.
struct watch_request {
  std::string prefix;
};

/// The answer to a `watch_request`.
struct watch_started {
  std::uint64_t watch = 0;
  /// What was durable up to this version is not told, everything later is. A list that is asked for after this
  /// misses nothing, and may know of changes that are told later.
  version from;
};

/// Answered with `change_batch` as soon as there is a change. `after` is the `through` of the answer before (`from` at
/// first): it says that this answer has arrived, else it is given again. So nothing is lost with an answer that does
/// not arrive, or with a request that was given up. One waits at a time: the next one ends it, and it is answered
/// with no changes. Fails with invalid_argument (no such watch), closed (the watch was ended, or the store closes), and
/// with the store's failure once everything durable was told.
struct next_changes_request {
  std::uint64_t watch = 0;
  version after;
};

/// Ends a watch. Fails with invalid_argument (no such watch), closed.
struct unwatch_request {
  std::uint64_t watch = 0;
};

enum class change_kind : std::uint8_t {
  put,  ///< the block has a new value, or another expiry
  deleted,  ///< there is no such block from this version on; a transaction may delete what there was not
  expired,  ///< the same, because its time had come
  cleared,  ///< there is no block of a lower version; no name, and told whatever the prefix
};

[[nodiscard]] std::string to_string(change_kind kind);
bool from_string(compat::string_view in, change_kind& out);
bool from_integer(std::uint8_t in, change_kind& out);

/// One change that has become durable.
struct block_change {
  std::string name;
  change_kind kind = change_kind::put;
  version ver;

  friend bool operator==(const block_change&, const block_change&) = default;
};

/// Changes of the watch that were forgotten: from the first to the last of them.
struct change_gap {
  version from;
  version to;

  friend bool operator==(const change_gap&, const change_gap&) = default;
};

/// The answer to a `next_changes_request`.
struct change_batch {
  /// Before the changes.
  std::optional<change_gap> gap;
  /// In the order of their versions.
  std::vector<block_change> changes;
  /// The version of the last of them.
  version through;

  friend bool operator==(const change_batch&, const change_batch&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, watch_request& x) {
  return f.object(x).fields(f.field("prefix", x.prefix));
}
template <class Inspector>
bool inspect(Inspector& f, watch_started& x) {
  return f.object(x).fields(f.field("watch", x.watch), f.field("from", x.from));
}
template <class Inspector>
bool inspect(Inspector& f, next_changes_request& x) {
  return f.object(x).fields(f.field("watch", x.watch), f.field("after", x.after));
}
template <class Inspector>
bool inspect(Inspector& f, unwatch_request& x) {
  return f.object(x).fields(f.field("watch", x.watch));
}
template <class Inspector>
bool inspect(Inspector& f, change_kind& x) {
  return caf::default_enum_inspect(f, x);
}
template <class Inspector>
bool inspect(Inspector& f, block_change& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("kind", x.kind),
                            f.field("version", x.ver));
}
template <class Inspector>
bool inspect(Inspector& f, change_gap& x) {
  return f.object(x).fields(f.field("from", x.from), f.field("to", x.to));
}
template <class Inspector>
bool inspect(Inspector& f, change_batch& x) {
  return f.object(x).fields(f.field("gap", x.gap), f.field("changes", x.changes),
                            f.field("through", x.through));
}

}  // namespace stowage
