// The public protocol of a store: what any actor may ask of it.
//
// Contract: every request is answered exactly once, with success or an error of `errc`, also on failure
// and shutdown. Requests of one sender take effect in the order they were sent. Reads see accepted
// writes.
// Concurrency: a handle may be used from any thread and, through CAF's middleman, from another process.
// Limits: names of 1 to 1024 bytes, values of 0 to 64 MiB; beyond: limit_exceeded.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/ids.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/payload.hpp>
#include <stowage/messages/read_view.hpp>
#include <stowage/messages/transaction.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/messages/watch.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// How far a write has come when it is answered.
enum class durability : std::uint8_t {
  accepted,  ///< in memory, ordered, visible to reads
  durable,   ///< survives power loss
};

[[nodiscard]] std::string to_string(durability level);
bool from_string(compat::string_view in, durability& out);
bool from_integer(std::uint8_t in, durability& out);

/// The answer to a write.
struct receipt {
  /// The version the block has from now on; the version of the delete itself for a delete.
  version ver;
  durability reached = durability::accepted;
};

/// Makes `value` the value of block `name`.
struct put_request {
  std::string name;
  payload value;
  /// When to answer; absent = as the store is configured (durable by default).
  std::optional<durability> level;
  /// Only if the block has this version now; version{} = only if there is no such block.
  std::optional<version> expected;
  /// Where there is no credit: wait for it, or be refused with `overloaded`.
  bool wait_for_credit = true;
  /// Unix time in ms, 0 = never: from then on there is no such block, for any request, and sooner or later its
  /// space is free. A put without it makes the block one that does not expire.
  std::uint64_t expires_at_ms = 0;
};

/// The value of a block, or the bytes [offset, offset + length) of it, cut to its end.
struct get_request {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
};

/// The answer to a get.
struct block_value {
  payload value;
  version ver;
  std::uint64_t expires_at_ms = 0;
};

/// Removes a block.
struct delete_request {
  std::string name;
  std::optional<durability> level;
  std::optional<version> expected;
  bool wait_for_credit = true;
};

/// One put or delete of a `put_many_request`.
struct single_write {
  std::string name;
  payload value;
  /// A delete: `value` counts for nothing.
  bool removes = false;
  std::optional<version> expected;
  /// As in a put; counts for nothing in a delete.
  std::uint64_t expires_at_ms = 0;
};

/// Puts and deletes that have nothing to do with each other, in the order they stand: the fast path for
/// bulk work. The limits are those of a transaction.
struct put_many_request {
  std::vector<single_write> writes;
  std::optional<durability> level;
  /// Where there is no credit for a write, and everything behind it: wait for it, or `overloaded`.
  bool wait_for_credit = true;
};

/// One result for each write, in their order.
struct put_many_result {
  /// A write that did not happen, and why.
  struct refused {
    /// Index of the write.
    std::uint32_t at = 0;
    failure why;
  };

  /// The version of each write; version{} where it was refused.
  std::vector<version> versions;
  /// Ascending by index.
  std::vector<refused> failures;
  /// What the writes that have a version have reached.
  durability reached = durability::accepted;
};

/// All of a transaction or nothing of it.
struct commit_request {
  transaction what;
  std::optional<durability> level;
  bool wait_for_credit = true;
};

/// The answer to a commit.
struct commit_receipt {
  /// Of each write of the transaction, in their order. The delete of a missing block has one too.
  std::vector<version> versions;
  durability reached = durability::accepted;
};

/// Removes every block there is when its turn comes: one op, however many they are. The receipt has its own version.
struct clear_request {
  std::optional<durability> level;
  bool wait_for_credit = true;
};

/// Whether there is such a block.
struct exists_request {
  std::string name;
};

/// What there is to know of a block but its value.
struct stat_request {
  std::string name;
};

/// A block without its value: the answer to a stat, and a line of a list.
struct block_stat {
  std::string name;
  version ver;
  /// Bytes of the value.
  std::uint64_t size = 0;
  std::uint64_t expires_at_ms = 0;

  friend bool operator==(const block_stat&, const block_stat&) = default;
};

/// Blocks whose names start with `prefix`, ascending by bytes, from the first name greater than `after`
/// on (empty = from the beginning), at most `limit` of them (1 to 10,000).
struct list_request {
  std::string prefix;
  std::string after;
  std::uint32_t limit = 1000;
};

/// The answer to a list.
struct block_list {
  std::vector<block_stat> blocks;
  /// More follow: ask again with `after` = the last name.
  bool more = false;
};

/// Blocks in one answer to a list.
inline constexpr std::uint32_t list_limit_max = 10'000;

/// The handle of a store. Each signature below says what it fails with.
using store_actor = caf::typed_actor<
    // From clients. The receipt says the level that was asked for and reached.
    // limit_exceeded, conflict{expected, actual}, no_space, overloaded, read_only, poisoned, io_error
    // (its own group failed), closed.
    caf::result<receipt>(put_request),
    // not_found, corrupt_block{name, offset}, io_error, closed. A read comes after the writes of its block
    // that wait: overloaded where too many requests wait already.
    caf::result<block_value>(get_request),
    // As put; not_found where there is no such block.
    caf::result<receipt>(delete_request),
    // Each write as put and delete. The request as a whole: limit_exceeded, overloaded (nothing was
    // taken), poisoned, io_error, closed.
    caf::result<put_many_result>(put_many_request),
    // As put; conflict names the first expectation that does not hold, and both versions. A delete of a
    // missing block changes nothing.
    caf::result<commit_receipt>(commit_request),
    // overloaded, poisoned, io_error, closed. Every read that is sent after it comes after it.
    caf::result<receipt>(clear_request),
    // closed, overloaded (as get).
    caf::result<bool>(exists_request),
    // not_found, closed, overloaded (as get).
    caf::result<block_stat>(stat_request),
    // limit_exceeded, closed, overloaded (as get, for any block of the prefix).
    caf::result<block_list>(list_request),
    // See read_view.hpp; answered within the process only.
    caf::result<read_view>(view_request),
    // See lifecycle.hpp.
    caf::result<void>(flush_request), caf::result<store_status>(status_request),
    caf::result<void>(checkpoint_request), caf::result<compact_result>(compact_request),
    caf::result<verify_result>(verify_request), caf::result<backup_result>(backup_request),
    // See watch.hpp.
    caf::result<watch_started>(watch_request), caf::result<change_batch>(next_changes_request),
    caf::result<void>(unwatch_request), caf::result<void>(close_request)>;

template <class Inspector>
bool inspect(Inspector& f, durability& x) {
  return caf::default_enum_inspect(f, x);
}
template <class Inspector>
bool inspect(Inspector& f, receipt& x) {
  return f.object(x).fields(f.field("version", x.ver), f.field("reached", x.reached));
}
template <class Inspector>
bool inspect(Inspector& f, put_request& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("value", x.value),
                            f.field("level", x.level), f.field("expected", x.expected),
                            f.field("wait-for-credit", x.wait_for_credit),
                            f.field("expires-at-ms", x.expires_at_ms));
}
template <class Inspector>
bool inspect(Inspector& f, single_write& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("value", x.value),
                            f.field("removes", x.removes), f.field("expected", x.expected),
                            f.field("expires-at-ms", x.expires_at_ms));
}
template <class Inspector>
bool inspect(Inspector& f, put_many_request& x) {
  return f.object(x).fields(f.field("writes", x.writes), f.field("level", x.level),
                            f.field("wait-for-credit", x.wait_for_credit));
}
template <class Inspector>
bool inspect(Inspector& f, put_many_result::refused& x) {
  return f.object(x).fields(f.field("at", x.at), f.field("why", x.why));
}
template <class Inspector>
bool inspect(Inspector& f, put_many_result& x) {
  return f.object(x).fields(f.field("versions", x.versions), f.field("failures", x.failures),
                            f.field("reached", x.reached));
}
template <class Inspector>
bool inspect(Inspector& f, commit_request& x) {
  return f.object(x).fields(f.field("what", x.what), f.field("level", x.level),
                            f.field("wait-for-credit", x.wait_for_credit));
}
template <class Inspector>
bool inspect(Inspector& f, commit_receipt& x) {
  return f.object(x).fields(f.field("versions", x.versions), f.field("reached", x.reached));
}
template <class Inspector>
bool inspect(Inspector& f, clear_request& x) {
  return f.object(x).fields(f.field("level", x.level),
                            f.field("wait-for-credit", x.wait_for_credit));
}
template <class Inspector>
bool inspect(Inspector& f, get_request& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("offset", x.offset),
                            f.field("length", x.length));
}
template <class Inspector>
bool inspect(Inspector& f, block_value& x) {
  return f.object(x).fields(f.field("value", x.value), f.field("version", x.ver),
                            f.field("expires-at-ms", x.expires_at_ms));
}
template <class Inspector>
bool inspect(Inspector& f, delete_request& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("level", x.level),
                            f.field("expected", x.expected),
                            f.field("wait-for-credit", x.wait_for_credit));
}
template <class Inspector>
bool inspect(Inspector& f, exists_request& x) {
  return f.object(x).fields(f.field("name", x.name));
}
template <class Inspector>
bool inspect(Inspector& f, stat_request& x) {
  return f.object(x).fields(f.field("name", x.name));
}
template <class Inspector>
bool inspect(Inspector& f, block_stat& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("version", x.ver),
                            f.field("size", x.size), f.field("expires-at-ms", x.expires_at_ms));
}
template <class Inspector>
bool inspect(Inspector& f, list_request& x) {
  return f.object(x).fields(f.field("prefix", x.prefix), f.field("after", x.after),
                            f.field("limit", x.limit));
}
template <class Inspector>
bool inspect(Inspector& f, block_list& x) {
  return f.object(x).fields(f.field("blocks", x.blocks), f.field("more", x.more));
}

}  // namespace stowage
