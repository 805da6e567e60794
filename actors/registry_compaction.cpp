// How the registry lets blocks be moved: when, which ones, and in what order with clients' writes.
#include <stowage/actors/registry.hpp>

#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/space/space_map.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace stowage {

namespace {

// A file is never worth a compaction for less than this. A small store that is written takes as much again soon after it
// was cut: a step of growth (16 MiB), the journal between two checkpoints and the one before (16 MiB), the writer's
// lease (8 MiB), the journal's next areas and the reserve. With 32 MiB one of 16 MiB was cut and grew every three seconds,
// which cost a lone durable client a tenth (W3).
constexpr std::uint64_t waste_bytes_min = 48 * limits::mib;

// By itself a compaction empties pages that give back more than they cost, and cuts once; one that was asked
// for takes its time.
constexpr start_compaction by_itself{.sparse_percent = 50, .rounds_max = 1};
constexpr start_compaction on_request{.sparse_percent = 90, .rounds_max = 3};

// After one that gained less than 1/16 of the file, the next is not looked for before so much more journal.
constexpr std::uint64_t little_gain_part = 16;
constexpr std::uint64_t rest_after_little_gain = 64 * limits::mib;

}  // namespace

// -- when -------------------------------------------------------------------------------------------

caf::result<void> registry_state::on_checkpoint_request() {
  if (!takes_writes()) return unavailable();
  auto promise = self_->make_response_promise<void>();
  next_checkpoint_answers_.push_back(promise);
  if (!checkpoint_running_) start_checkpoint_of_newest();
  return promise;
}

caf::result<compact_result> registry_state::on_compact() {
  if (!takes_writes()) return unavailable();
  auto promise = self_->make_response_promise<compact_result>();
  next_compaction_answers_.push_back(promise);
  if (!compaction_running_) run_compaction(on_request);
  return promise;
}

// Whether the file is so much longer than what lives in it that it pays to make it shorter. While blocks are moved
// together it can grow once more, and that is to be within what was asked for, too.
void registry_state::look_for_waste() {
  look_for_waste_at_ = newest_journal_total_ + look_for_waste_every;
  if (compaction_running_ || !takes_writes() || options_.compaction.start_above <= 0) return;
  compat::request(self_, allocator_, status_request{})
      .then(
          [this](const store_status& space) {
            const auto live = index_.dense_bytes() + 2 * index_.checkpoint_bytes();
            const auto allowed = options_.compaction.start_above * static_cast<double>(live);
            const auto grown = space.file_bytes + growth_for(space.file_bytes, 0);
            const bool is_wasteful =
                static_cast<double>(grown) > allowed && space.file_bytes > live + waste_bytes_min;
            if (is_wasteful && !compaction_running_ && takes_writes()) run_compaction(by_itself);
          },
          [](const caf::error&) {
            // An allocator that is gone is the supervisor's matter.
          });
}

void registry_state::run_compaction(const start_compaction& how) {
  compaction_running_ = true;
  // Promises ahead of need would keep the file long; until it is over, each write asks for its own.
  if (budget_ > 0)
    compat::send(self_, allocator_, group_space{nullptr, {}, std::exchange(budget_, 0)});
  std::ranges::move(std::exchange(next_compaction_answers_, {}),
                    std::back_inserter(compaction_answers_));
  compat::request(self_, maintenance_, start_compaction{how})
      .then([this](const compact_result& done) { on_compaction_ended(done); },
            [this](const caf::error& why) { on_compaction_ended(why); });
}

void registry_state::on_compaction_ended(const caf::expected<compact_result>& outcome) {
  compaction_running_ = false;
  ++compactions_;
  let_go_of_old_states();
  tell_what_there_is();
  for (auto& answer : std::exchange(compaction_answers_, {})) {
    if (outcome)
      answer.deliver(*outcome);
    else
      answer.deliver(outcome.error());
  }
  const auto gained = outcome ? outcome->file_bytes_before -
                                    std::min(outcome->file_bytes_before, outcome->file_bytes_after)
                              : 0;
  if (!outcome || gained < outcome->file_bytes_before / little_gain_part)
    look_for_waste_at_ = newest_journal_total_ + rest_after_little_gain;
  if (!next_compaction_answers_.empty() && takes_writes()) run_compaction(on_request);
  close_when_settled();
}

// -- what -------------------------------------------------------------------------------------------

// A write on its way will supersede the block anyway.
bool registry_state::is_newest(const std::string& block, version ver) const {
  if (overlay_.find(block) != nullptr) return false;
  const auto found = index_.find(block);
  return found && found->ver() == ver;
}

pinned_blocks registry_state::pin_newest(const std::vector<block_ref>& wanted) {
  pinned_blocks out;
  for (const auto& b : wanted) {
    if (!is_newest(std::string{b->name()}, b->ver())) continue;
    auto pinned = std::make_shared<pinned_block>();
    // As the index has it now: a block that was moved since has the same version.
    pinned->what = index_.find(b->name());
    pinned->held = retirement_.take();
    out.blocks.push_back(std::move(pinned));
  }
  return out;
}

// -- in what order ----------------------------------------------------------------------------------

caf::result<blocks_moved> registry_state::on_move(const move_blocks& request) {
  if (!takes_writes()) return unavailable();
  auto& unit = *request.unit;
  std::erase_if(unit.ops, [this](const accepted_op& o) { return !is_newest(o.name, o.ver); });
  blocks_moved answer;
  answer.clients_are_busy = pending_.sum().ops > 0 || !parked_.empty();
  if (unit.empty()) {
    compat::send(self_, allocator_, group_space{nullptr, {}, request.budget});
    return answer;
  }
  answer.blocks = unit.ops.size();
  for (const auto& o : unit.ops) answer.bytes += o.value.size();
  blocks_moved_ += answer.blocks;
  bytes_moved_ += answer.bytes;
  // The ops keep the versions of their blocks; one that nobody is told of marks their place among others.
  last_version_ = last_version_.next();
  unit.through = last_version_;
  pending_.add(last_version_, {0, 0, request.budget, 0});
  compat::send(self_, writer_, write_ops{request.unit, true});
  auto promise = self_->make_response_promise<blocks_moved>();
  pending_.add_waiter(pending_replies::deferred<blocks_moved>{promise, answer});
  return promise;
}

}  // namespace stowage
