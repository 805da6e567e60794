// What replay does with what it finds where the next journal record should stand: recovery as a table.
//
// Contract: every combination of the conditions matches exactly one row (a test proves it).
// Concurrency: a pure function over a constant table.
// Limits: the conditions themselves are established by `journal_walk`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace stowage {

/// What stands at the place of the next record.
enum class candidate : std::uint8_t {
  in_chain,   ///< the next record, header and body whole
  torn_body,  ///< the next record's header, but not the body that belongs to it
  no_record,  ///< zeros, stale bytes, user bytes, a record of another chain
};

enum class replay_action : std::uint8_t {
  apply,      ///< take it and go on
  end,        ///< the journal ends here
  torn_tail,  ///< the journal ends here and a group that was never proven durable is dropped
  damaged,    ///< a record that is known to have been durable is missing: refuse
};

struct replay_row {
  candidate found{};
  /// nullopt = either.
  std::optional<bool> at_or_below_fence;
  std::optional<bool> proven_by_later_record;
  replay_action action{};
};

// A record may be missing only if nothing proves it was ever synced: neither the fence of the superblock
// nor the `synced_through` of a record behind it.
inline constexpr std::array replay_table{
    replay_row{candidate::in_chain, std::nullopt, std::nullopt, replay_action::apply},
    replay_row{candidate::torn_body, true, std::nullopt, replay_action::damaged},
    replay_row{candidate::torn_body, false, true, replay_action::damaged},
    replay_row{candidate::torn_body, false, false, replay_action::torn_tail},
    replay_row{candidate::no_record, true, std::nullopt, replay_action::damaged},
    replay_row{candidate::no_record, false, true, replay_action::damaged},
    replay_row{candidate::no_record, false, false, replay_action::end},
};

constexpr bool matches(const replay_row& row, candidate found, bool at_or_below_fence,
                       bool proven_by_later_record) noexcept {
  return row.found == found &&
         row.at_or_below_fence.value_or(at_or_below_fence) == at_or_below_fence &&
         row.proven_by_later_record.value_or(proven_by_later_record) == proven_by_later_record;
}

constexpr replay_action decide(candidate found, bool at_or_below_fence,
                               bool proven_by_later_record) noexcept {
  for (const auto& row : replay_table)
    if (matches(row, found, at_or_below_fence, proven_by_later_record)) return row.action;
  return replay_action::damaged;
}

}  // namespace stowage
