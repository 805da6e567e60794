#include <stowage/storage/metadata_check.hpp>

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/storage/superblock_slots.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

constexpr std::uint64_t records_in_a_step = 256;

result<elected_superblock> elect_now(block_device& device) {
  const auto slots = read_superblock_slots(device);
  return slots ? elect_superblock(slots->both()) : slots.error();
}

}  // namespace

result<void> metadata_check::step(block_device& device) {
  switch (stage_) {
    case stage::election: return elect(device);
    case stage::current: return check_page(device, sb_.current, stage::previous);
    case stage::previous: return check_page(device, sb_.previous, stage::journal);
    case stage::journal: return check_records(device);
    case stage::slots: return check_slots(device);
    case stage::over: return {};
  }
  return {};
}

void metadata_check::enter(stage next) {
  stage_ = next;
  pages_.reset();
}

result<void> metadata_check::elect(block_device& device) {
  auto elected = elect_now(device);
  if (!elected) {
    found_.push_back(std::move(elected).error());
    enter(stage::over);
    return {};
  }
  sb_ = elected->winner;
  slot_damaged_ = elected->other_slot_damaged;
  // What cannot be read may be the newer one, and then this one's previous root was given up long ago.
  if (slot_damaged_ || mutant("previous-root-not-verified")) sb_.previous = {};
  at_ = sb_.previous.exists() ? sb_.previous.start : sb_.current.start;
  enter(stage::current);
  return {};
}

// The manifest, or the next page it names.
result<void> metadata_check::check_page(block_device& device, const root& r, stage next) {
  if (!r.exists()) {
    enter(next);
    return {};
  }
  if (!pages_) {
    auto m = load_manifest(device, r, sb_.hash_seed, read_mode::direct);
    if (!m) {
      enter(next);
      return suspect(device, std::move(m).error());
    }
    pages_.emplace(*std::move(m), sb_.hash_seed);
  }
  if (pages_->is_over()) {
    enter(next);
    return {};
  }
  auto read =
      pages_->next_page(device, read_mode::direct, [](const op&) { return result<void>{}; });
  return read ? read : suspect(device, std::move(read).error());
}

result<void> metadata_check::check_records(block_device& device) {
  const auto known = std::max({durable_, sb_.fence, sb_.current.start.last});
  // All up to there were durable, whichever life wrote them.
  const journal_lineage lineage{low_half(sb_.id), sb_.hash_seed, sb_.ep, known};
  const auto last = std::min(known, lsn{at_.last.value + records_in_a_step});
  auto walked = walk_journal(device, lineage, at_, last, read_mode::direct,
                             [](const walked_record&) { return result<void>{}; });
  if (!walked || walked->damage) {
    enter(stage::slots);
    return suspect(device, walked ? *walked->damage : std::move(walked).error());
  }
  at_ = walked->position;
  if (at_.last >= known) enter(stage::slots);
  return {};
}

// A slot that was being written at first is whole by now, or the other one is the newer.
result<void> metadata_check::check_slots(block_device& device) {
  enter(stage::over);
  if (!slot_damaged_) return {};
  auto again = elect_now(device);
  if (again && !again->other_slot_damaged) return {};
  found_.push_back(again
                       ? fail_at(errc::corrupt, layout::superblock_offset[1 - again->winner.slot()],
                                 "one of the two superblocks cannot be read")
                       : std::move(again).error());
  return {};
}

// Damage, unless a root has been named since: then what the check goes by is of the past.
result<void> metadata_check::suspect(block_device& device, failure why) {
  auto now = elect_now(device);
  if (now && now->winner.gen != sb_.gen && !mutant("reused-pages-taken-for-damage"))
    return begin_again();
  found_.push_back(std::move(why));
  return {};
}

result<void> metadata_check::begin_again() {
  if (restarts_left_-- == 0)
    return fail(errc::overloaded, "new checkpoints are named faster than they can be verified");
  found_.clear();
  enter(stage::election);
  return {};
}

}  // namespace stowage
