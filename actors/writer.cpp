#include <stowage/actors/writer.hpp>

#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace stowage {

namespace {

// Groups with less than this are small.
constexpr std::uint64_t small_group_bytes_end = limits::mib;

// From so many bytes of values or so many ops on, a group is formed while the one before is at the disk.
constexpr std::uint64_t group_bytes_formed_ahead = 4 * limits::mib;
constexpr std::uint64_t group_ops_formed_ahead = 16'384;

// A SEAL follows this long after the last group, so that later damage to that group is told from a torn
// tail.
constexpr std::chrono::milliseconds idle_before_seal{100};

// The most that runs broken into single pages add to a record of 64 MiB of values.
constexpr std::uint64_t fragmented_chunks_bytes =
    limits::chunks_per_block_max * layout::chunk_bytes;

// What the ops of a group may take of its record; and so that the record fits the smallest area, beside
// the page kept for a SEAL.
constexpr std::uint64_t body_bytes_max =
    limits::record_bytes_max - page_size - fragmented_chunks_bytes;
constexpr std::uint64_t body_bytes_max_in_smallest_area =
    limits::journal_area_bytes_min - 2 * page_size - fragmented_chunks_bytes;

}  // namespace

writer_state::writer_state(writer_actor::pointer self, batch_limits limits, sync_options sync,
                           writer_start start, commit_listener listener, allocator_actor allocator,
                           disk_actor disk, const writer_metrics& metrics)
    : self_{self},
      listener_{std::move(listener)},
      allocator_{std::move(allocator)},
      disk_{std::move(disk)},
      policy_{limits},
      sync_{sync},
      identity_{low_half(start.sb.id), start.sb.hash_seed, start.sb.ep},
      sb_{start.sb},
      areas_{std::move(start.areas)},
      synced_{areas_.position().last},
      through_{start.last_version},
      durable_through_{start.last_version},
      journal_total_{start.journal_bytes},
      current_checkpoint_{std::move(start.current_checkpoint)},
      previous_checkpoint_{std::move(start.previous_checkpoint)},
      salt_state_{start.seed},
      metrics_{metrics} {
  metrics_.tell(status());
  // It has nothing to do, but a waiter closes a batch only once what was sent with it is in: `on_settled` says
  // when.
  policy_.on_disk_busy();
}

writer_actor::behavior_type writer_state::make_behavior() {
  return {
      [this](const write_ops& message) -> caf::result<void> {
        enqueue(message);
        return caf::unit;
      },
      [this](const close_batch& message) -> caf::result<void> {
        if (failed_) return caf::unit;
        const auto cause = static_cast<close_cause>(message.cause);
        act(cause == close_cause::credit ? policy_.on_credit_pressure() : policy_.on_flush());
        demand_sync();
        return caf::unit;
      },
      [this](const write_pages& message) -> caf::result<void> {
        if (failed_) return to_error(*failed_);
        if (closed_for_good_) return to_error(fail(errc::closed));
        auto promise = self_->make_response_promise<void>();
        pages_.push_back({message.pages, promise});
        if (mutant("checkpoint-pages-not-awaited")) promise.deliver();
        advance();
        return promise;
      },
      [this](const install_root& message) -> caf::result<void> {
        if (failed_) return to_error(*failed_);
        if (closed_for_good_) return to_error(fail(errc::closed));
        invariant(!root_, "one checkpoint at a time");
        auto promise = self_->make_response_promise<void>();
        root_ = root_to_install{message.root, promise};
        advance();
        return promise;
      },
      [this](const vacate& message) -> caf::result<void> {
        if (failed_) return to_error(*failed_);
        if (closed_for_good_) return to_error(fail(errc::closed));
        invariant(!vacating_, "one compaction at a time");
        auto promise = self_->make_response_promise<void>();
        data_end_ = message.data_end;
        file_end_ = message.file_end;
        vacating_ = vacating{promise, areas_.position().last};
        give_up_pages_above();
        if (!journal_lies_below_end())
          areas_.leave(areas_.position().next.where.end() > *file_end_);
        finish_vacating();
        advance();
        return promise;
      },
      [this](const length_settled&) -> caf::result<void> {
        // Groups have said since how long the file is, but the last one may have done so before it was cut.
        if (file_end_) sb_.min_file_bytes = std::min(sb_.min_file_bytes, *data_end_);
        data_end_.reset();
        file_end_.reset();
        return caf::unit;
      },
      [this](const drain_writer&) -> caf::result<void> {
        if (failed_) return to_error(*failed_);
        if (mutant("shutdown-never-syncs")) return caf::unit;
        draining_ = self_->make_response_promise<void>();
        auto answer = *draining_;
        act(policy_.on_shutdown());
        demand_sync();
        advance();
        return answer;
      },
      [this](const store_failed& message) -> caf::result<void> {
        fail_stop(message.why);
        return caf::unit;
      },
      [this](const status_request&) -> caf::result<store_status> { return status(); },
      [this](const ops_settled&) -> caf::result<void> {
        on_settled();
        return caf::unit;
      },
  };
}

// -- accumulating -----------------------------------------------------------------------------------

void writer_state::enqueue(const write_ops& message) {
  // A failed store answers through the registry; what still arrives here is dropped with its overlay.
  if (failed_) return;
  const auto& unit = *message.unit;
  std::uint64_t bytes = 0;
  std::uint64_t body_bytes = 0;
  for (const auto& o : unit.ops) {
    bytes += o.value.size();
    body_bytes += record_body_bytes_for(o.name.size(), o.value.size());
  }
  // A batch goes into one group whole, so it closes before it outgrows what a group may hold.
  if (open_.body_bytes + body_bytes > group_body_bytes_max() ||
      policy_.bytes() + bytes > limits::group_value_bytes_max) {
    auto full = policy_.on_flush();
    full.cause = close_cause::bytes;
    act(full);
  }
  open_.body_bytes += body_bytes;
  open_.value_bytes += bytes;
  const auto ops = static_cast<std::uint32_t>(unit.ops.size());
  open_.ops.add(message.unit);
  open_.transaction_count += unit.transaction_count;
  open_.through = unit.through;
  open_is_waited_ = open_is_waited_ || message.waited;
  act(policy_.on_enqueue(now(), ops, bytes, message.waited));
  if (open_is_waited_ && !at_disk_) settle();
}

// Whoever waits need not wait for more to come, but what has been sent already comes along: the first of
// 64 puts sent together would else have the disk for itself, and the others sit out its sync.
void writer_state::settle() {
  if (std::exchange(settling_, true)) return;
  compat::send(self_, writer_actor{self_}, ops_settled{});
}

void writer_state::on_settled() {
  settling_ = false;
  if (failed_ || closed_for_good_) return;
  if (!at_disk_) {
    act(policy_.on_disk_idle());
    policy_.on_disk_busy();
  }
  advance();
  if (is_idle() && !at_disk_) arm_idle_timer();
}

void writer_state::act(const batch_decision& decision) {
  switch (decision.what) {
    case batch_decision::kind::nothing: return;
    case batch_decision::kind::arm: arm_batch_timer(decision); return;
    case batch_decision::kind::close:
      ++counters_.batches;
      ++counters_.batches_closed_by[static_cast<std::size_t>(decision.cause)];
      sync_.on_batch_closed(now(), decision.cause, open_.ops.size(), open_.value_bytes,
                            std::exchange(open_is_waited_, false));
      closed_ops_ += open_.ops.size();
      closed_value_bytes_ += open_.value_bytes;
      closed_.push_back(std::exchange(open_, {}));
      metrics_.tell(status());
      if (!settling_) advance();
      return;
  }
}

void writer_state::arm_batch_timer(const batch_decision& decision) {
  // A timer that is already under way goes off no later than this batch's deadline; `on_batch_timer` then
  // arms the rest.
  if (batch_timer_armed_ || mutant("batch-timer-never-armed")) return;
  batch_timer_armed_ = true;
  const auto delay = std::max(decision.deadline - now(), std::chrono::nanoseconds{0});
  batch_timer_ =
      self_->run_delayed(delay, [this, batch = decision.batch] { on_batch_timer(batch); });
}

void writer_state::on_batch_timer(batch_id armed_for) {
  batch_timer_armed_ = false;
  if (failed_) return;
  const bool is_late = armed_for != policy_.current();
  // A late tick closes nothing: for the batch that is open now it is merely an early one.
  if (is_late && policy_.empty()) return;
  act(policy_.on_tick(policy_.current(), now()));
}

// What has closed is needed durable: in mode `lazy` it may have waited for just that.
void writer_state::demand_sync() {
  if (closed_.empty()) return;
  sync_.demand();
  advance();
}

void writer_state::arm_sync_timer() {
  const auto deadline = sync_.deadline();
  if (!deadline || sync_timer_armed_) return;
  sync_timer_armed_ = true;
  sync_timer_ =
      self_->run_delayed(std::max(*deadline - now(), std::chrono::nanoseconds{0}), [this] {
        sync_timer_armed_ = false;
        advance();
      });
}

// -- forming a group and sending it to the disk -----------------------------------------------------

void writer_state::advance() {
  if (failed_ || closed_for_good_) return;
  if (at_disk_) return form_ahead();
  if (auto formed = std::exchange(next_, std::nullopt)) return send_to_disk(*std::move(formed));
  const bool group_is_ready = form_group() && has_all_it_needs(*forming_);
  // What makes the journal shorter goes past a group that waits for it; otherwise it rides along.
  if (forming_ && !group_is_ready && !shortage_) return;
  if (group_is_ready)
    send_to_disk(place_group());
  else if (!pages_.empty() || root_ || (draining_ && is_idle()))
    send_to_disk({std::make_shared<write_plan>(), {}});
}

// Of small groups the disk's time is the sync, and what closes meanwhile should share the next; to hash and encode a
// large one takes as long as to write it.
void writer_state::form_ahead() {
  if (next_) return;
  const bool is_large =
      closed_value_bytes_ >= group_bytes_formed_ahead || closed_ops_ >= group_ops_formed_ahead;
  if (!forming_ && !is_large) return;
  // What is at the disk may bring the space that is missing: pages that it prepares are the lease's again, and a root
  // gives areas back.
  if (!at_disk_->prepared.empty() || shortage_) return;
  if (!form_group() || !has_all_it_needs(*forming_)) return;
  next_ = place_group();
  fetch_ahead();
}

// Gathers what has closed, up to the limits of one record and one run. Answers whether a group is there.
bool writer_state::form_group() {
  if (forming_) return true;
  // Where pages of a checkpoint are synced anyway, what has closed goes along.
  const bool rides_along = !pages_.empty() || root_;
  if (!closed_.empty() && !rides_along && !sync_.is_due(now())) {
    arm_sync_timer();
    return false;
  }
  if (closed_.empty()) {
    if (!seal_wanted_ && !areas_.is_leaving()) return false;
    seal_wanted_ = false;
    forming_group seal;
    seal.is_seal = true;
    seal.record_bytes_max = record_bytes_for(0);
    forming_ = std::move(seal);
    return true;
  }
  seal_wanted_ = false;

  collected_ops all;
  while (!closed_.empty()) {
    auto& next = closed_.front();
    const bool fits = all.value_bytes + next.value_bytes <= limits::group_value_bytes_max &&
                      all.body_bytes + next.body_bytes <= group_body_bytes_max();
    if (!all.ops.empty() && !fits) break;
    closed_ops_ -= next.ops.size();
    closed_value_bytes_ -= next.value_bytes;
    all.value_bytes += next.value_bytes;
    all.body_bytes += next.body_bytes;
    all.ops.add(std::move(next.ops));
    all.transaction_count += next.transaction_count;
    all.through = next.through;
    closed_.pop_front();
  }
  if (closed_.empty()) sync_.on_all_taken();
  invariant(all.through > through_, "versions ascend in the order ops arrive");
  through_ = all.through;
  auto ops = all.ops.all();
  if (mutant("writes-of-one-name-swapped")) std::ranges::reverse(ops);
  forming_group g;
  g.to_write = coalesce(std::move(ops));
  g.page_bytes = value_pages_bytes(g.to_write);
  g.record_bytes_max = std::min(record_bytes_for(all.body_bytes + fragmented_chunks_bytes),
                                std::uint64_t{limits::record_bytes_max});
  g.collected = std::move(all);
  forming_ = std::move(g);
  return true;
}

std::uint64_t writer_state::group_body_bytes_max() const noexcept {
  return space_is_short_ ? body_bytes_max_in_smallest_area : body_bytes_max;
}

writer_state::placed_group writer_state::place_group() {
  placed_group placed{std::make_shared<write_plan>(), {}};
  add_group(*forming_, *placed.plan, placed.follows);
  forming_.reset();
  // Fetched for a record that in the end was shorter; nothing was ever written there.
  if (larger_area_.exists())
    compat::send(self_, allocator_, free_pages{{std::exchange(larger_area_, {}).where}});
  return placed;
}

// Along go fresh pages to prepare, pages of a checkpoint and a root: by what there is now, and not when the group was
// formed.
void writer_state::send_to_disk(placed_group&& sent) {
  auto& [plan, follows] = sent;
  if (follows.group && follows.group->spent < small_group_bytes_end && !space_is_short_)
    prepare_pages(*plan, follows);
  for (auto& p : pages_) {
    for (const auto& w : p.pages->values()) {
      auto at = w.offset;
      for (const auto& b : w.buffers) {
        plan->add_value(at, b);
        at += b.size();
      }
    }
    follows.pages_written.push_back(std::move(p.answer));
  }
  pages_.clear();
  if (root_) {
    invariant(root_->root->named.start.last <= synced_, "R5: a root is durable before it is named");
    auto next = next_superblock();
    next.previous = sb_.current;
    next.current = root_->root->named;
    if (mutant("root-skips-later-records")) next.current.start = areas_.position();
    add_superblock(next, *plan, follows);
    follows.root = std::exchange(root_, std::nullopt);
  } else if (draining_ && is_idle() && !follows.has_record && follows.pages_written.empty()) {
    auto next = next_superblock();
    next.clean = true;
    next.version_floor = through_;
    add_superblock(next, *plan, follows);
    follows.is_final = true;
  }
  if (sync_.options().mode == sync_mode::two_phase && follows.has_record &&
      !plan->values().empty()) {
    plan->sync_before_records();
    ++follows.syncs;
  }
  plan->seal();
  follows.bytes = plan->bytes();
  const bool is_of_one_op = follows.group && follows.group->ops.size() == 1;
  at_disk_ = std::move(follows);
  if (mutant("group-published-before-its-sync")) tell_durable(*at_disk_);
  policy_.on_disk_busy();
  compat::request(self_, disk_, execute_plan{std::move(plan), is_of_one_op})
      .then([this](const plan_executed& done) { on_durable(done.file_bytes); },
            [this](const caf::error& why) { fail_stop(peer_failure(why)); });
  // Nothing comes after the end, so that the file does not grow for it.
  if (at_disk_->is_final) return;
  fetch_ahead();
}

void writer_state::add_group(const forming_group& g, write_plan& plan, commit& follows) {
  follows.has_record = true;
  follows.is_seal = g.is_seal;
  const bool was_leaving = areas_.is_leaving();
  const auto before = areas_.position().area;
  const auto runs = lease_.carve(g.page_bytes);
  auto ops = place_values(g.to_write, runs, identity_.hash_seed, buffers_, plan);
  auto record = encode_body(ops, buffers_);
  const auto record_bytes = record_bytes_for(record.body().size());

  record_parts parts;
  // It is written once they all are.
  parts.synced_through = areas_.position().last;
  if (areas_.demand_for(record_bytes).larger_bytes != 0) {
    parts.kind = record_kind::seal;
    auto larger = std::exchange(larger_area_, {});
    if (areas_.has_seal_page()) {
      follows.replaced_area = areas_.announce_larger(larger);
      parts.in_reserved_page = true;
    }
    // Else a SEAL whose record was lost in a crash stands there: this one enters the next area and
    // announces the larger one from its start.
    append_record(identity_, parts, {}, larger, areas_, plan);
    count_record(page_size);
    ++counters_.seals;
    parts.in_reserved_page = false;
  }
  parts.kind = g.is_seal ? record_kind::seal : record_kind::group;
  parts.op_count = static_cast<std::uint32_t>(ops.size());
  parts.transaction_count = g.collected.transaction_count;
  append_record(identity_, parts, std::move(record), spare_area_, areas_, plan);
  count_record(record_bytes);
  follows.last_record = areas_.position().last;
  if (vacating_ && was_leaving && !areas_.is_leaving()) vacating_->through = follows.last_record;
  // The spare is announced as soon as the journal enters the area that was announced before.
  if (areas_.position().area != before) spare_area_ = {};

  last_record_is_seal_ = g.is_seal;
  ++(g.is_seal ? counters_.seals : counters_.groups);
  counters_.value_bytes_written += g.page_bytes;
  auto group = std::make_shared<durable_group>();
  group->ops = std::move(ops);
  group->through = g.collected.through;
  group->spent = g.page_bytes;
  group->after = areas_.position();
  group->journal_total = journal_total_;
  follows.group = std::move(group);
}

void writer_state::count_record(std::uint64_t bytes) {
  journal_total_ += bytes;
  counters_.journal_bytes_written += bytes;
}

superblock writer_state::next_superblock() const {
  auto next = sb_;
  next.gen = next.gen.next();
  next.fence = mutant("superblock-names-an-unsynced-record") ? areas_.position().last : synced_;
  next.clean = false;
  // A version given later and lost in a crash lies within the gap that recovery leaves.
  next.version_floor = std::max(next.version_floor, durable_through_);
  // The file may be cut before the next superblock.
  if (file_end_ && !mutant("long-file-asked-for"))
    next.min_file_bytes = std::min(next.min_file_bytes, *data_end_);
  return next;
}

void writer_state::add_superblock(superblock next, write_plan& plan, commit& follows) {
  const auto slot = mutant("superblock-in-one-slot") ? 0 : next.slot();
  plan.set_superblock(layout::superblock_offset[slot],
                      page_buffer::share(encode_successor(sb_, next)));
  follows.sb = next;
}

// -- after the disk ---------------------------------------------------------------------------------

void writer_state::on_durable(std::uint64_t file_bytes) {
  if (failed_) return;
  auto done = std::move(*at_disk_);
  at_disk_.reset();
  if (done.has_record)
    synced_ = mutant("what-is-formed-counts-as-synced") ? areas_.position().last : done.last_record;
  sb_.min_file_bytes = file_bytes;
  counters_.syncs += done.syncs;
  counters_.bytes_written += done.bytes;
  if (done.sb) {
    const auto known_length = sb_.min_file_bytes;
    sb_ = *done.sb;
    sb_.min_file_bytes = known_length;
  }
  if (!done.prepared.empty()) lease_.add(done.prepared, done.prepared.end());
  if (data_end_) give_up_pages_above();
  if (done.replaced_area.exists())
    compat::send(self_, allocator_, free_pages{{done.replaced_area.where}});
  tell_durable(done);
  for (auto& answer : done.pages_written) answer.deliver();
  if (done.root) on_root_durable(*done.root);
  // Nothing followed it for a while, or nothing was there to follow.
  if (done.is_seal) buffers_.let_go();
  metrics_.tell(status());
  finish_vacating();
  if (done.is_final) {
    closed_for_good_ = true;
    stop_timers();
    draining_->deliver();
    return;
  }
  idle_since_ = now();
  if (open_is_waited_ && !next_) return settle();
  advance();
  if (is_idle() && !at_disk_) arm_idle_timer();
}

void writer_state::tell_durable(commit& done) {
  if (!done.group) return;
  if (done.is_seal) {
    compat::send(self_, listener_, seal_durable{std::move(done.group)});
    return;
  }
  durable_through_ = done.group->through;
  metrics_.group(done.group->ops.size(), done.group->spent);
  compat::send(self_, listener_, group_durable{std::move(done.group)});
}

// What only the root before the previous one needed is free now.
void writer_state::on_root_durable(const root_to_install& installed) {
  ++counters_.checkpoints;
  auto unneeded = std::exchange(previous_checkpoint_,
                                std::exchange(current_checkpoint_, installed.root->pages));
  const auto& oldest = mutant("journal-freed-with-its-root") ? sb_.current : sb_.previous;
  for (const auto& a : areas_.release_before(oldest.start.area)) unneeded.push_back(a.where);
  if (!unneeded.empty()) compat::send(self_, allocator_, free_pages{std::move(unneeded)});
  journal_at_root_ = installed.root->journal_total;
  compat::send(self_, listener_, root_installed{journal_total_ - journal_at_root_});
  auto answer = installed.answer;
  answer.deliver();
  if (!shortage_) return;
  if (shortage_->roots_left > 0) --shortage_->roots_left;
  shortage_->asked_since_root = false;
  if (!spare_area_.exists()) fetch_spare_area();
}

void writer_state::fail_stop(failure why) {
  if (failed_) return;
  failed_ = why;
  stop_timers();
  const auto error = to_error(why);
  for (auto& p : pages_) p.answer.deliver(error);
  if (at_disk_) {
    for (auto& answer : at_disk_->pages_written) answer.deliver(error);
    if (at_disk_->root) at_disk_->root->answer.deliver(error);
  }
  if (root_) root_->answer.deliver(error);
  if (draining_) draining_->deliver(error);
  if (vacating_) vacating_->answer.deliver(error);
  pages_.clear();
  at_disk_.reset();
  next_.reset();
  root_.reset();
  draining_.reset();
  vacating_.reset();
  forming_.reset();
  closed_.clear();
  closed_ops_ = 0;
  closed_value_bytes_ = 0;
  open_ = {};
  // R2: the lease is not given back. Its pages may hold, or still get, part of a group that recovery
  // accepts.
  lease_ = {};
  buffers_.let_go();
  compat::send(self_, listener_, store_failed{std::move(why)});
}

// -- idle -------------------------------------------------------------------------------------------

bool writer_state::is_idle() const {
  return !next_ && !forming_ && closed_.empty() && policy_.empty() && pages_.empty() && !root_;
}

void writer_state::arm_idle_timer() {
  if (last_record_is_seal_ || idle_timer_armed_ || draining_ || mutant("no-seal-when-idle")) return;
  run_idle_timer(idle_before_seal);
}

void writer_state::run_idle_timer(std::chrono::nanoseconds delay) {
  idle_timer_armed_ = true;
  idle_timer_ = self_->run_delayed(delay, [this] { on_idle_timer(); });
}

void writer_state::on_idle_timer() {
  idle_timer_armed_ = false;
  if (failed_ || closed_for_good_ || draining_ || at_disk_ || !is_idle() || last_record_is_seal_)
    return;
  // One timer serves all groups: work since it was armed puts the SEAL off.
  const auto idle_for = now() - idle_since_;
  if (idle_for < idle_before_seal) return run_idle_timer(idle_before_seal - idle_for);
  seal_wanted_ = true;
  advance();
}

// A timer that is still to come would keep this actor, and the host's actor system, waiting for it.
void writer_state::stop_timers() {
  batch_timer_.dispose();
  sync_timer_.dispose();
  idle_timer_.dispose();
}

time_point writer_state::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(self_->clock().now());
}

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t writer_state::next_salt() {
  salt_state_ += 0x9e3779b97f4a7c15ULL;
  auto z = salt_state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

store_status writer_state::status() const {
  auto out = counters_;
  std::ranges::transform(sb_.id, out.uuid.begin(),
                         [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  out.epoch = sb_.ep.value;
  out.generation = sb_.gen.value;
  out.durable_lsn = synced_;
  out.durable_version = durable_through_;
  out.journal_bytes = journal_total_ - journal_at_root_;
  return out;
}

}  // namespace stowage
