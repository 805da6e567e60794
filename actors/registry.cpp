#include <stowage/actors/registry.hpp>

#include <stowage/actors/list_range.hpp>
#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/cached_read.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/log/journal_areas.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace stowage {

namespace {

// As long as so many ops wait to become durable, a bulk load is under way. The last of them leave none.
constexpr std::uint64_t bulk_ops = 16'384;

// Between two requests: 0.1 ms.
constexpr std::size_t let_go_items = 1000;

caf::error not_found(const std::string& block) {
  auto why = fail(errc::not_found);
  why.name = block;
  return to_error(why);
}

}  // namespace

registry_state::registry_state(registry_actor::pointer self, store_options options,
                               registry_start start, registry_metrics metrics)
    : self_{self},
      options_{std::move(options)},
      clock_{std::move(start.clock)},
      index_{std::move(start.index)},
      last_version_{start.last_version},
      durable_version_{start.last_version},
      newest_position_{start.position},
      newest_journal_total_{start.journal_bytes},
      checkpoint_soon_{start.checkpoint_soon},
      current_checkpoint_bytes_{index_.checkpoint_bytes()},
      owners_ends_{self, [this](const caf::actor_addr& who) { on_owner_ended(who); }},
      look_for_waste_at_{start.journal_bytes + look_for_waste_every},
      cache_{std::move(start.cache)},
      views_{std::move(start.reads), clock_, overlay_.names()},
      metrics_{std::move(metrics)} {
  metrics_.opened(options_.credit.max_ops, options_.credit.max_bytes);
  tell_what_there_is();
}

registry_actor::behavior_type registry_state::make_behavior() {
  return {
      [this](put_request& request) { return on_put(request); },
      [this](const get_request& request) { return on_get(request); },
      [this](delete_request& request) { return on_delete(request); },
      [this](put_many_request& request) { return on_put_many(request); },
      [this](commit_request& request) { return on_commit(request); },
      [this](const clear_request& request) { return on_clear(request); },
      [this](const exists_request& request) {
        return read_in_turn<bool>(
            is_parked(request.name),
            [this, request]() -> caf::expected<bool> { return find(request.name).has_value(); });
      },
      [this](const stat_request& request) {
        return read_in_turn<block_stat>(is_parked(request.name),
                                        [this, request]() -> caf::expected<block_stat> {
                                          auto found = find(request.name);
                                          if (!found) return not_found(request.name);
                                          return std::move(*found);
                                        });
      },
      [this](const list_request& request) {
        return read_in_turn<block_list>(is_any_parked(request.prefix),
                                        [this, request] { return list(request); });
      },
      [this](const view_request&) { return on_view(); },
      [this](const flush_request&) -> caf::result<void> {
        if (!takes_writes()) return unavailable();
        if (is_overloaded()) return to_error(overloaded());
        auto promise = self_->make_response_promise<void>();
        serve_in_turn(promise);
        return promise;
      },
      [this](const status_request&) { return on_status(); },
      [this](const checkpoint_request&) { return on_checkpoint_request(); },
      [this](const compact_request&) { return on_compact(); },
      [this](const verify_request&) { return on_verify(); },
      [this](const backup_request& request) { return on_backup(request); },
      [this](watch_request& request) { return on_watch(request); },
      [this](const next_changes_request& request) { return on_next_changes(request); },
      [this](const unwatch_request& request) { return on_unwatch(request); },
      [this](const close_request&) -> caf::result<void> {
        auto promise = self_->make_response_promise<void>();
        on_close(promise);
        return promise;
      },
      [this](const pin_blocks& message) -> caf::result<pinned_blocks> {
        if (!takes_writes()) return unavailable();
        return pin_newest(*message.wanted);
      },
      [this](const move_blocks& message) { return on_move(message); },
      [this](const newest_state_request&) -> caf::result<newest_state> {
        if (!takes_writes()) return unavailable();
        return newest_state{std::make_shared<const index_snapshot>(index_.snapshot()),
                            index_.checkpoint_bytes()};
      },
      [this](const group_durable& message) -> caf::result<void> {
        on_durable(*message.group, message.group);
        return caf::unit;
      },
      [this](const seal_durable& message) -> caf::result<void> {
        // A checkpoint may begin behind it: then no root needs the area it has left.
        newest_position_ = message.group->after;
        newest_journal_total_ = message.group->journal_total;
        return caf::unit;
      },
      [](const root_installed&) -> caf::result<void> { return caf::unit; },
      [this](const journal_short& message) -> caf::result<void> {
        journal_is_blocked_ = journal_is_blocked_ || message.blocked;
        shorten_journal();
        return caf::unit;
      },
      [this](const store_failed& message) -> caf::result<void> {
        poison(message.why);
        return caf::unit;
      },
      [this](const wire_registry& peers) -> caf::result<void> {
        allocator_ = peers.allocator;
        writer_ = peers.writer;
        disk_ = peers.disk;
        maintenance_ = peers.maintenance;
        readers_ = peers.readers;
        supervisor_ = peers.supervisor;
        if (checkpoint_soon_) start_checkpoint_of_newest();
        remove_expired();
        return caf::unit;
      },
  };
}

// -- reads ------------------------------------------------------------------------------------------

caf::result<block_value> registry_state::on_get(const get_request& request) {
  metrics_.asked_for_a_value();
  if (closing_) return unavailable();
  keep_telling_reads();
  if (is_parked(request.name)) {
    if (is_queue_full()) return to_error(overloaded());
    auto promise = self_->make_response_promise<block_value>();
    serve_in_turn(deferred_read{[this, request, promise]() mutable {
      auto found = look_up(request);
      if (auto* job = std::get_if<read_block_job>(&found))
        promise.delegate(next_reader(), std::move(*job));
      else if (auto* why = std::get_if<caf::error>(&found))
        promise.deliver(std::move(*why));
      else
        promise.deliver(std::get<block_value>(std::move(found)));
    }});
    return promise;
  }
  auto found = look_up(request);
  if (auto* job = std::get_if<read_block_job>(&found))
    return compat::delegate(self_, next_reader(), std::move(*job));
  if (auto* why = std::get_if<caf::error>(&found)) return std::move(*why);
  return std::get<block_value>(std::move(found));
}

registry_state::looked_up registry_state::look_up(const get_request& request) {
  if (const auto* accepted = overlay_.find(request.name)) {
    if (accepted->removes() || is_past(accepted->expires_at_ms)) return not_found(request.name);
    const auto offset = std::min<std::uint64_t>(request.offset, accepted->value.size());
    const auto length = std::min<std::uint64_t>(request.length, accepted->value.size() - offset);
    return block_value{accepted->value.slice(offset, length), accepted->ver,
                       accepted->expires_at_ms};
  }
  auto found = index_.find(request.name);
  if (!found || is_past(found->expires_at_ms()) ||
      (found->value_length() == 0 && mutant("empty-block-is-absent")))
    return not_found(request.name);
  if (auto cached = find_in_cache(*cache_, *found, request.offset, request.length))
    return block_value{*std::move(cached), found->ver(), found->expires_at_ms()};
  auto job = std::make_shared<pinned_block>();
  job->what = std::move(found);
  job->held = retirement_.take();
  return read_block_job{std::move(job), request.offset, request.length};
}

const reader_actor& registry_state::next_reader() {
  next_reader_ = (next_reader_ + 1) % readers_.size();
  return readers_[next_reader_];
}

// Requests of one sender take effect in their order, so a read of a block with a write that waits comes
// after it; other reads go on.
template <class T, class Read>
caf::result<T> registry_state::read_in_turn(bool write_waits, Read read) {
  if (closing_) return unavailable();
  if (!write_waits) return read();
  if (is_queue_full()) return to_error(overloaded());
  auto promise = self_->make_response_promise<T>();
  serve_in_turn(deferred_read{[promise, read]() mutable {
    auto answer = read();
    if (answer)
      promise.deliver(std::move(*answer));
    else
      promise.deliver(std::move(answer.error()));
  }});
  return promise;
}

std::optional<block_stat> registry_state::find(const std::string& block) const {
  if (const auto* accepted = overlay_.find(block)) {
    if (accepted->removes() || is_past(accepted->expires_at_ms)) return std::nullopt;
    return block_stat{block, accepted->ver, accepted->value.size(), accepted->expires_at_ms};
  }
  const auto found = index_.find(block);
  if (!found || is_past(found->expires_at_ms())) return std::nullopt;
  return block_stat{block, found->ver(), found->value_length(), found->expires_at_ms()};
}

version registry_state::current_version(const std::string& block) const {
  const auto found = find(block);
  return found ? found->ver : version{};
}

// Walks the index and the overlay side by side; where both have a name, the overlay is newer.
caf::expected<block_list> registry_state::list(const list_request& request) const {
  if (const auto why = refusal_of(request)) return to_error(*why);
  const auto from = first_name(request);

  block_list out;
  const auto in_prefix = [&](std::string_view n) { return n.starts_with(request.prefix); };
  const auto add = [&](block_stat b) {
    if (out.blocks.size() == request.limit) {
      out.more = true;
      return false;
    }
    out.blocks.push_back(std::move(b));
    return true;
  };
  const auto accepted = overlay_.sorted(request.prefix, from);
  auto next = accepted.begin();
  const auto add_accepted_before = [&](std::string_view bound, bool bounded) {
    for (; next != accepted.end() && (!bounded || (*next)->name < bound); ++next) {
      const auto& o = **next;
      if (!o.removes() && !is_past(o.expires_at_ms) &&
          !add({o.name, o.ver, o.value.size(), o.expires_at_ms}))
        return false;
    }
    return true;
  };
  bool goes_on = true;
  index_.for_each_from(from, [&](const block_ref& b) {
    if (overlay_.is_cleared() || !in_prefix(b->name())) return false;
    goes_on = add_accepted_before(b->name(), true);
    if (!goes_on) return false;
    if (next != accepted.end() && (*next)->name == b->name())
      return true;  // the overlay's turn comes
    if (is_past(b->expires_at_ms())) return true;
    goes_on = add({std::string{b->name()}, b->ver(), b->value_length(), b->expires_at_ms()});
    return goes_on;
  });
  if (goes_on) add_accepted_before({}, false);
  return out;
}

// -- what the writer says ---------------------------------------------------------------------------

void registry_state::on_durable(const durable_group& group,
                                const std::shared_ptr<const durable_group>& shared) {
  if (failed_) return;
  invariant(group.through > durable_version_, "I3: durable versions only increase");
  invariant(group.through <= last_version_, "I3: durable <= issued");
  durable_version_ = group.through;

  // 1. Publish: from here on new reads find the new extents.
  retirement_.advance();
  for (const auto& o : group.ops)
    index_.apply(o.kind, o.what, retirement_.epoch(), [&](const block_ref& old) {
      retire(*old);
      if (!may_be_in_cache(*cache_, *old)) return;
      if (o.kind == op_kind::put)
        superseded_.push_back({old, &o});
      else
        remove_from_cache(*cache_, *old);
    });
  views_.publish(index_);
  // 2. Answer: nobody waits for what follows, which is a copy for each value of the cache that was overwritten. Credit and
  // unused budget come back.
  const auto released = pending_.settle(group.through);
  // 3. The cache keeps what it had of these blocks, while the overlay has the values.
  for (const auto& [old, by] : superseded_)
    if (remove_from_cache(*cache_, *old)) keep_value_of(*by);
  superseded_.clear();
  // 4. The overlay no longer has to answer for what is published.
  overlay_.settle(group.through);
  // 5. Superseded extents that nobody reads may be reused.
  std::vector<extent> reusable;
  retirement_.collect(reusable);
  if (!watches_.empty()) tell_watchers(group);
  invariant(pending_.empty() == (durable_version_ == last_version_),
            "I3: what is issued and not durable is pending");
  invariant(released.budget >= group.spent, "a group takes no more than its ops were granted");
  auto unused = released.budget - group.spent;
  // Each op was granted pages of its own, of which small values took a part: the next ones can have the others.
  if (space_is_ample_ && !compaction_running_) {
    const auto piece = budget_piece_bytes();
    const auto kept = std::min(unused, piece - std::min(piece, budget_));
    budget_ += kept;
    unused -= kept;
  }
  compat::send(self_, allocator_, group_space{shared, std::move(reusable), unused});
  tell_what_there_is();

  newest_position_ = group.after;
  newest_journal_total_ = group.journal_total;
  checkpoint_if_due();
  // What a load leaves behind is seen when it has ended.
  if (newest_journal_total_ >= look_for_waste_at_ && !is_bulk_load()) look_for_waste();
  pressed_ = false;
  if (budget_waits_for_ == budget_wait::group) budget_waits_for_ = budget_wait::nothing;
  serve_parked();
}

void registry_state::retire(const block& superseded) {
  for (const auto& c : superseded.chunks())
    retirement_.retire({&c.where, 1}, superseded.published());
}

// Who read what was there before will read what is there now. The bytes are what the checksums were made of.
void registry_state::keep_value_of(const committed_op& put) {
  const auto* accepted = overlay_.find(put.what->name());
  if (accepted == nullptr) return;
  // A newer one may have been accepted.
  if (accepted->ver == put.what->ver() || mutant("newer-value-kept-as-the-older"))
    keep_in_cache(*cache_, put.as_op(), accepted->value.view());
}

bool registry_state::is_bulk_load() const noexcept { return pending_.sum().ops >= bulk_ops; }

void registry_state::checkpoint_if_due() {
  // The writer takes no more pages.
  if (checkpoint_running_ || draining_) return;
  if (is_checkpoint_due(newest_journal_total_ - current_root_total_,
                        {index_.checkpoint_bytes(), current_checkpoint_bytes_},
                        is_bulk_load() ? write_load::bulk : write_load::usual))
    start_checkpoint_of_newest();
}

// The snapshot and the journal position are of the same moment.
void registry_state::start_checkpoint_of_newest() {
  auto job = std::make_shared<checkpoint_job>();
  job->state = index_.snapshot();
  job->at = newest_position_;
  job->journal_total = newest_journal_total_;
  checkpoint_running_ = true;
  std::ranges::move(std::exchange(next_checkpoint_answers_, {}),
                    std::back_inserter(checkpoint_answers_));
  checkpoint_journal_total_ = newest_journal_total_;
  running_checkpoint_bytes_ = index_.checkpoint_bytes();
  compat::request(self_, maintenance_, start_checkpoint{std::move(job)})
      .then([this] { on_checkpoint_ended(caf::error{}); },
            [this](const caf::error& why) { on_checkpoint_ended(why); });
}

void registry_state::let_go_of_old_states() {
  if (!index_.let_go_some(let_go_items))
    compat::run_on(registry_actor{self_}, [this] { let_go_of_old_states(); });
}

void registry_state::on_checkpoint_ended(const caf::error& why) {
  checkpoint_running_ = false;
  let_go_of_old_states();
  // A compaction cuts the file when two of these are done: by then its own reads have let go.
  free_what_readers_let_go();
  for (auto& answer : std::exchange(checkpoint_answers_, {})) {
    if (why)
      answer.deliver(why);
    else
      answer.deliver();
  }
  if (!why) {
    previous_root_total_ = std::exchange(current_root_total_, checkpoint_journal_total_);
    current_checkpoint_bytes_ = running_checkpoint_bytes_;
    if (checkpoints_wanted_ > 0 && --checkpoints_wanted_ > 0 && !failed_)
      return start_checkpoint_of_newest();
  } else {
    // The journal is longer and the store goes on; a failed device says so itself.
    checkpoints_wanted_ = 0;
    if (journal_is_blocked_ && !failed_)
      compat::send(self_, writer_, store_failed{peer_failure(why)});
  }
  journal_is_blocked_ = false;
  if (budget_waits_for_ == budget_wait::checkpoints) {
    budget_waits_for_ = budget_wait::nothing;
    if (why)
      refuse_front(peer_failure(why));
    else
      serve_parked();
  }
  if (!checkpoint_running_ && !next_checkpoint_answers_.empty()) start_checkpoint_of_newest();
  // Enough for another may have come meanwhile, and nothing after it.
  if (!why && !failed_) checkpoint_if_due();
  close_when_settled();
}

void registry_state::poison(const failure& why) {
  if (failed_) return;
  failed_ = why;
  // `no_space` says that nothing was taken. These ops were taken, and may be found by recovery.
  if (why.code == errc::no_space) failed_->code = errc::io_error;
  // Whoever waits for one of the ops in flight gets the cause itself; their versions vanish.
  if (!mutant("waiters-forgotten-on-failure")) pending_.fail_all(to_error(*failed_));
  if (!mutant("lost-versions-still-read")) overlay_.forget();
  metrics_.poisoned();
  auto waiting = std::exchange(parked_, {});
  parked_names_.reset();
  parked_bytes_ = 0;
  parked_clears_ = 0;
  tell_what_waits();
  expiry_timer_.dispose();
  const auto later = refusal_of_writes();
  end_waiting_watchers(to_error(later));
  for (auto& p : waiting) {
    if (auto* w = std::get_if<write_request>(&p.what)) {
      refuse(*w, later);
    } else if (auto* flush = std::get_if<pending_replies::flush_promise>(&p.what)) {
      flush->deliver(to_error(later));
    } else {
      std::get<deferred_read>(p.what)();
    }
  }
  close_when_settled();
}

// -- the end ----------------------------------------------------------------------------------------

void registry_state::on_close(caf::typed_response_promise<void> answer) {
  close_answers_.push_back(std::move(answer));
  closing_ = true;
  // A timer that is still to come would keep this actor, and the host's actor system, waiting for it.
  expiry_timer_.dispose();
  reads_timer_.dispose();
  views_.end();
  close_when_settled();
}

// What was accepted or waits is still served; a checkpoint under way is finished, for the next open. That of a bulk load
// comes with its last group.
void registry_state::close_when_settled() {
  if (!closing_ || draining_ || !parked_.empty()) return;
  if (is_bulk_load() && !std::exchange(load_ends_first_, true))
    compat::send(self_, writer_, close_batch{static_cast<std::uint8_t>(close_cause::flush)});
  if (load_ends_first_ && !pending_.empty() && !failed_ &&
      !mutant("load-closed-without-its-checkpoint"))
    return;
  if ((checkpoint_running_ || compaction_running_) && !failed_) return;
  draining_ = true;
  compat::request(self_, writer_, drain_writer{})
      .then([this] { stop_readers_then_close_device({}); },
            [this](const caf::error& why) {
              const auto cause = peer_failure(why);
              poison(cause);
              stop_readers_then_close_device(*failed_);
            });
}

// A read that is under way still uses the device.
void registry_state::stop_readers_then_close_device(const failure& outcome) {
  readers_stopping_ = readers_.size();
  const auto stopped = [this, outcome] {
    if (--readers_stopping_ > 0) return;
    compat::request(self_, disk_, close_device{})
        .then([this, outcome] { finish_closing(outcome); },
              [this, outcome](const caf::error& why) {
                finish_closing(outcome.code == errc::none ? peer_failure(why) : outcome);
              });
  };
  for (const auto& r : readers_)
    compat::request(self_, r, stop_reading{}).then(stopped, [stopped](const caf::error&) {
      stopped();
    });
}

void registry_state::finish_closing(const failure& outcome) {
  // A failed store does not wait for maintenance to end.
  for (auto* answers : {&checkpoint_answers_, &next_checkpoint_answers_})
    for (auto& answer : std::exchange(*answers, {})) answer.deliver(unavailable());
  for (auto* answers : {&compaction_answers_, &next_compaction_answers_})
    for (auto& answer : std::exchange(*answers, {})) answer.deliver(unavailable());
  end_waiting_watchers(to_error(fail(errc::closed)));
  if (verify_) end_verification(to_error(fail(errc::closed)));
  if (backup_) end_backup(to_error(fail(errc::closed)));
  for (auto& answer : close_answers_) {
    if (outcome.code == errc::none || mutant("close-swallows-the-error"))
      answer.deliver();
    else
      answer.deliver(to_error(outcome));
  }
  close_answers_.clear();
  metrics_.closed();
  self_->quit();
}

failure registry_state::refusal_of_writes() const {
  if (!failed_) return fail(errc::closed);
  auto why = *failed_;
  if (why.detail.empty()) why.detail = std::string{sentence_of(why.code)};
  why.code = errc::poisoned;
  return why;
}

caf::error registry_state::unavailable() const { return to_error(refusal_of_writes()); }

}  // namespace stowage
