// A recorded history of a store, and the check that it is linearizable.
//
// Contract: times are steps of the test: an op takes effect between `invoked` and `answered`. Versions are
// the store's own order of writes, so nothing has to be searched for: each rule is a comparison. Every rule
// that is broken is one line of the result. Each write has a value of its own, so that a value names its
// write. A wall clock does not go back.
// Concurrency: plain values.
// Limits: one life of a store, and what the next one recovers from it.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stowage::test {

/// What a name has: nothing is absence.
struct seen_block {
  version ver;
  std::string value;
  std::uint64_t expires_at_ms = 0;

  friend bool operator==(const seen_block&, const seen_block&) = default;
};

/// One put or delete of a request.
struct written {
  std::string name;
  /// Absent for a delete.
  std::optional<std::string> value;
  /// version{} as long as it is not known.
  version ver;
  /// 0 = never.
  std::uint64_t expires_at_ms = 0;
};

enum class outcome : std::uint8_t {
  taken,     ///< every write has its version
  rejected,  ///< surely nothing happened
  unknown,   ///< it may have happened
  seen,      ///< nobody was told, but somebody read it: it happened, with the version that was read
};

struct write_event {
  std::uint64_t invoked = 0;
  std::uint64_t answered = UINT64_MAX;
  /// All in one transaction, or one by itself.
  std::vector<written> writes;
  bool durable = false;
  outcome what = outcome::unknown;
  /// One op that removes every block: a delete of each name there is, all of one version.
  bool clears = false;
  /// What the wall clock said when it was invoked.
  std::uint64_t wall_ms = 0;
};

/// Of one name: a get, or what a conflict says it found (then without value).
struct read_event {
  std::uint64_t invoked = 0;
  std::uint64_t answered = 0;
  std::string name;
  std::optional<seen_block> found;
  bool has_value = true;
  /// What the wall clock said when it was invoked, and no later than when it was answered.
  std::uint64_t wall_from_ms = 0;
  std::uint64_t wall_to_ms = 0;
};

/// All names with their versions, at one moment.
struct list_event {
  std::uint64_t invoked = 0;
  std::uint64_t answered = 0;
  std::map<std::string, version> found;
  std::uint64_t wall_from_ms = 0;
  std::uint64_t wall_to_ms = 0;
};

/// A flush that succeeded: whatever was answered before it was invoked is durable.
struct flush_event {
  std::uint64_t invoked = 0;
  std::uint64_t answered = 0;
};

struct history {
  std::vector<write_event> writes;
  std::vector<read_event> reads;
  std::vector<list_event> lists;
  std::vector<flush_event> flushes;
};

/// Finds out by the values that were read, and by those of `state`, which writes of unknown outcome happened: the
/// versions of a transaction follow one another.
[[nodiscard]] history with_what_was_seen(history h,
                                         const std::map<std::string, seen_block>& state = {});

/// The rules that `h` breaks, one line each.
[[nodiscard]] std::vector<std::string> broken_rules(const history& h);

/// The rules that a store breaks by having recovered `state` after `h`, with `floor` as the least version it
/// may give from now on, and `wall_ms` as the wall time of its being read.
[[nodiscard]] std::vector<std::string> broken_by_recovery(
    const history& h, const std::map<std::string, seen_block>& state, version floor,
    std::uint64_t wall_ms = 0);

}  // namespace stowage::test
