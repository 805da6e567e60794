#include <stowage/actors/compaction.hpp>

#include <stowage/actors/budget_need.hpp>
#include <stowage/actors/handover.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <utility>

namespace stowage {

namespace {

// What a survey looks at in one go, for some 0.1 ms: who comes after it on the same thread may have a client waiting.
constexpr std::size_t survey_blocks = 1000;

// Three checkpoints take turns, because a new one is written while two are there. After the two that let go of all
// that lies high, the third place may be a hole below the others; each one more fills it and leaves the place of the
// oldest. Two more, or four, and it is the last one.
constexpr unsigned tries_max = 2;

// After a round that made the file shorter by less than this part, or moved less than that before its ceiling was gone,
// there is no other.
constexpr std::uint64_t gain_part_min = 256;

}  // namespace

compaction::compaction(maintenance_actor::pointer self, const compaction_peers& peers,
                       const start_compaction& how, answer_promise answer)
    : self_{self},
      peers_{peers},
      sparse_percent_{how.sparse_percent},
      rounds_left_{how.rounds_max},
      is_thorough_{how.rounds_max > 1},
      answer_{std::move(answer)} {}

compaction::~compaction() { pause_.dispose(); }

void compaction::step() {
  switch (stage_) {
    case stage::start: return begin_round();
    case stage::survey: return plan_->survey(survey_blocks) ? set_ceiling() : step_again();
    case stage::moves: return next_slice();
    case stage::over: return;
  }
}

// -- a round ----------------------------------------------------------------------------------------

void compaction::begin_round() {
  --rounds_left_;
  moved_before_round_ = result_.bytes_moved;
  tries_left_ = is_thorough_ ? tries_max : 0;
  compat::request(self_, peers_.registry, newest_state_request{})
      .then(
          [this](const newest_state& found) {
            checkpoint_bytes_ = found.checkpoint_bytes;
            plan_.emplace(*found.state, sparse_percent_);
            stage_ = stage::survey;
            step_again();
          },
          [this](const caf::error& why) { give_up(why); });
}

void compaction::set_ceiling() {
  compat::request(
      self_, peers_.allocator,
      begin_compaction{plan_->bytes_after(), checkpoint_bytes_, beside_clients_, rounds_left_ == 0})
      .then(
          [this](const compaction_space& space) {
            const bool is_first = result_.file_bytes_before == 0;
            if (is_first) result_.file_bytes_before = space.file_bytes;
            result_.file_bytes_after = space.file_bytes;
            space_ = space;
            if (has_ceiling())
              vacate({space_.data_end, std::nullopt}, [this] { begin_moves(); });
            else if (is_first)
              begin_moves();
            else
              finish();  // sparse pages were emptied in the first round; the others are for cuts
          },
          [this](const caf::error& why) { give_up(why); });
}

void compaction::vacate(const stowage::vacate& what, const std::function<void()>& next) {
  compat::request(self_, peers_.writer, what)
      .then([next] { next(); },
            [this](const caf::error& why) {
              if (why == errc::no_space) return finish();
              give_up(why);
            });
}

// What was written before the ceiling held may have been published since the survey.
void compaction::begin_moves() {
  compat::request(self_, peers_.registry, newest_state_request{})
      .then(
          [this](const newest_state& found) {
            plan_->begin_moves(*found.state, has_ceiling() ? space_.data_end : UINT64_MAX);
            stage_ = stage::moves;
            step_again();
          },
          [this](const caf::error& why) { give_up(why); });
}

void compaction::end_round() {
  if (!has_ceiling()) return finish();
  compat::request(self_, peers_.allocator, enforce_file_end{})
      .then(
          [this](bool holds) {
            if (holds)
              move_journal();
            else
              begin_again();
          },
          [this](const caf::error& why) { give_up(why); });
}

// Without the ceiling nothing can be cut, but what was moved lies low now, and left longer runs above: another one
// holds for longer.
void compaction::begin_again() {
  const auto moved = result_.bytes_moved - moved_before_round_;
  if (begin_again_left_ == 0 || moved < space_.file_bytes / gain_part_min) return finish();
  --begin_again_left_;
  ++rounds_left_;
  compat::send(self_, peers_.writer, length_settled{});
  stage_ = stage::start;
  step_again();
}

// Each root has to begin after the journal has moved.
void compaction::move_journal() {
  vacate({space_.data_end, space_.file_end}, [this] { checkpoint_then_cut(2); });
}

void compaction::checkpoint_then_cut(unsigned checkpoints) {
  if (checkpoints == 0) return cut();
  compat::request(self_, peers_.registry, checkpoint_request{})
      .then([this, checkpoints] { checkpoint_then_cut(checkpoints - 1); },
            [this](const caf::error& why) { give_up(why); });
}

// An area of the journal that was fetched while values still lay low may be the last thing in the file, and then no
// checkpoint helps. Where it finds no place further down, it stays. Both roots have to begin behind the move: a client's
// record may announce the area that was left.
void compaction::close_holes(bool journal_moves) {
  if (!journal_moves) return checkpoint_then_cut(2);
  compat::request(self_, peers_.writer, stowage::vacate{space_.data_end, space_.dense_end})
      .then([this] { checkpoint_then_cut(mutant("root-before-a-move-kept") ? 1 : 2); },
            [this](const caf::error& why) {
              if (why == errc::no_space) return checkpoint_then_cut(2);
              give_up(why);
            });
}

void compaction::cut() {
  compat::request(self_, peers_.allocator, cut_file{tries_left_ > 0})
      .then(
          [this](const cut_outcome& outcome) {
            if (outcome.state == cut_state::has_holes) {
              --tries_left_;
              return close_holes(outcome.has_room_for_journal);
            }
            compat::send(self_, peers_.writer, length_settled{});
            result_.file_bytes_after = outcome.file_bytes;
            // Beside clients another round would leave them next to no space for a while, and they fill what it
            // closes.
            const bool was_worth_it =
                space_.pays_later ||
                outcome.file_bytes <= space_.file_bytes - space_.file_bytes / gain_part_min;
            if (outcome.state != cut_state::done || rounds_left_ == 0 || clients_are_busy_ ||
                !was_worth_it)
              return finish();
            beside_clients_ = false;
            stage_ = stage::start;
            step_again();
          },
          [this](const caf::error& why) { give_up(why); });
}

// -- a slice ----------------------------------------------------------------------------------------

void compaction::next_slice() {
  auto found = plan_->next_moves(pace_.blocks(), pace_.bytes());
  is_last_slice_ = found.is_last;
  if (found.blocks.empty()) return is_last_slice_ ? end_round() : step_again();
  slice_.begun = now();
  pin_blocks wanted{std::make_shared<const std::vector<block_ref>>(std::move(found.blocks))};
  compat::request(self_, peers_.registry, std::move(wanted))
      .then([this](const pinned_blocks& pinned) { read(pinned.blocks); },
            [this](const caf::error& why) { give_up(why); });
}

void compaction::read(const std::vector<std::shared_ptr<const pinned_block>>& blocks) {
  slice_.ops.assign(blocks.size(), std::nullopt);
  slice_.reads_open = blocks.size();
  if (blocks.empty()) return on_moved({});
  for (std::size_t at = 0; at < blocks.size(); ++at) {
    const auto& from = blocks[at];
    next_reader_ = (next_reader_ + 1) % peers_.readers.size();
    compat::request(self_, peers_.readers[next_reader_], read_block_job{from, 0, UINT64_MAX, false})
        .then([this, at, from](const block_value& got) { on_read(at, *from, got); },
              [this, at, from](const caf::error& why) { on_read(at, *from, why); });
  }
}

void compaction::on_read(std::size_t at, const pinned_block& from,
                         const caf::expected<block_value>& got) {
  const auto& b = *from.what;
  if (got || mutant("rotten-block-moved")) {
    accepted_op o;
    o.kind = op_kind::relocate;
    o.flags = b.flags();
    o.name = b.name();
    o.ver = b.ver();
    if (!mutant("relocation-loses-the-expiry")) o.expires_at_ms = b.expires_at_ms();
    if (got) o.value = got->value;
    slice_.ops[at] = std::move(o);
  } else {
    // R7: reported and left. Written again, its rotten bytes would get a checksum that is right.
    note_failure(to_failure(got.error()), result_.unreadable, result_.unreadable_count);
  }
  if (--slice_.reads_open == 0) take_budget();
}

void compaction::take_budget() {
  auto unit = std::make_shared<batch>();
  budget_need need;
  for (auto& o : std::exchange(slice_.ops, {})) {
    if (!o) continue;
    need.add_value(o->name.size(), o->value.size());
    unit->ops.push_back(*std::move(o));
  }
  if (unit->empty()) return on_moved({});
  compat::request(self_, peers_.allocator, move_budget_request{need.bytes()})
      .then(
          [this, unit, bytes = need.bytes()](bool ceiling_holds) {
            // Its space was needed. Nothing can be cut any more, and the writer would go on giving back what lies
            // above.
            if (has_ceiling() && !ceiling_holds) is_last_slice_ = true;
            move(unit, bytes);
          },
          [this](const caf::error& why) {
            // Clients took what the ceiling had left, or there was nothing to begin with.
            if (why == errc::no_space && result_.blocks_moved > 0)
              finish();
            else if (why == errc::no_space && has_ceiling())
              go_on_without_ceiling();
            else
              give_up(why);
          });
}

// Not one block found room below it. What is above is free again, and sparse pages can still be emptied.
void compaction::go_on_without_ceiling() {
  compat::send(self_, peers_.allocator, end_compaction{});
  compat::send(self_, peers_.writer, length_settled{});
  space_.data_end = space_.file_end = space_.file_bytes;
  begin_moves();
}

void compaction::move(std::shared_ptr<batch> unit, std::uint64_t budget) {
  slice_.handed_in = now();
  compat::request(self_, peers_.registry, move_blocks{std::move(unit), budget})
      .then([this](const blocks_moved& done) { on_moved(done); },
            [this](const caf::error& why) { give_up(why); });
}

void compaction::on_moved(const blocks_moved& done) {
  result_.blocks_moved += done.blocks;
  result_.bytes_moved += done.bytes;
  clients_are_busy_ = done.clients_are_busy;
  if (done.blocks > 0) pace_.on_moved(now() - slice_.handed_in, done.clients_are_busy);
  if (is_last_slice_) return end_round();
  step_after(done.clients_are_busy ? pace_.rest(now() - slice_.begun)
                                   : std::chrono::nanoseconds{0});
}

// -- the end ----------------------------------------------------------------------------------------

void compaction::give_up(const caf::error& why) {
  if (is_over()) return;
  end();
  answer_.deliver(why);
}

void compaction::finish() {
  end();
  answer_.deliver(std::move(result_));
}

void compaction::end() {
  stage_ = stage::over;
  compat::send(self_, peers_.allocator, end_compaction{});
  compat::send(self_, peers_.writer, length_settled{});
  // Nothing else needs what its state keeps.
  plan_.reset();
}

void compaction::step_again() { compat::send(self_, maintenance_actor{self_}, compaction_step{}); }

void compaction::step_after(std::chrono::nanoseconds pause) {
  if (pause <= std::chrono::nanoseconds{0}) return step_again();
  pause_ = self_->run_delayed(pause, [this] { step(); });
}

std::chrono::steady_clock::time_point compaction::now() const { return self_->clock().now(); }

}  // namespace stowage
