// The registry: names to extents, and the sequencer of all writes.
//
// Contract: gives every op its version at acceptance, so accept order is version order. Credit and space
// are taken before that: an op that got a version is never refused. Reads see the newest accepted
// state. It holds every caller's promise and answers each exactly once, after the state
// is published. While any write waits for credit or space, all later writes and flushes wait behind it. A
// block past its expiry is absent, and the registry removes it in the end. Who watches hears of what has become
// durable, and of nothing else.
// Concurrency: an ordinary scheduled actor, and the store's public handle.
// Limits: a bounded number of requests waits, with a bounded number of bytes; beyond, `overloaded`. So the
// values it holds are at most those in flight (the credit), those that wait (twice that), and one request.
#pragma once

#include <stowage/actors/handover.hpp>
#include <stowage/actors/metrics.hpp>
#include <stowage/actors/overlay.hpp>
#include <stowage/actors/pending_replies.hpp>
#include <stowage/actors/store_options.hpp>
#include <stowage/actors/view_publisher.hpp>
#include <stowage/actors/wall_clock.hpp>
#include <stowage/actors/watch_table.hpp>
#include <stowage/messages/allocator.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/messages/maintenance.hpp>
#include <stowage/messages/reader.hpp>
#include <stowage/messages/relocation.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/messages/wiring.hpp>
#include <stowage/messages/writer.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/storage/space/retirement.hpp>

#include <caf/disposable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <variant>
#include <vector>

namespace stowage {

/// Requests that may wait, and the bytes of their values as a multiple of the credit (or of the largest
/// value, where the credit is smaller).
inline constexpr std::size_t parked_requests_max = 100'000;
inline constexpr std::uint64_t parked_credits_max = 2;

/// After so many bytes of journal the registry looks again whether the file is much longer than it need be.
inline constexpr std::uint64_t look_for_waste_every = limits::mib;

/// The store's handle and, for its own actors, the listener of commits.
using registry_actor = caf::typed_actor<
    caf::result<receipt>(put_request), caf::result<block_value>(get_request),
    caf::result<receipt>(delete_request), caf::result<put_many_result>(put_many_request),
    caf::result<commit_receipt>(commit_request), caf::result<receipt>(clear_request),
    caf::result<bool>(exists_request), caf::result<block_stat>(stat_request),
    caf::result<block_list>(list_request), caf::result<read_view>(view_request),
    caf::result<void>(flush_request), caf::result<store_status>(status_request),
    caf::result<void>(checkpoint_request), caf::result<compact_result>(compact_request),
    caf::result<verify_result>(verify_request), caf::result<backup_result>(backup_request),
    caf::result<watch_started>(watch_request), caf::result<change_batch>(next_changes_request),
    caf::result<void>(unwatch_request), caf::result<void>(close_request),
    caf::result<pinned_blocks>(pin_blocks), caf::result<blocks_moved>(move_blocks),
    caf::result<newest_state>(newest_state_request), caf::result<void>(group_durable),
    caf::result<void>(seal_durable), caf::result<void>(root_installed),
    caf::result<void>(journal_short), caf::result<void>(store_failed),
    caf::result<void>(wire_registry)>;

/// What the registry starts from.
struct registry_start {
  block_index index;
  version last_version;
  journal_position position;
  std::uint64_t journal_bytes = 0;
  /// The journal ends in another life's records: make it short soon.
  bool checkpoint_soon = false;
  /// What expiry is held against.
  wall_clock clock = system_wall_time;
  /// Of everyone who reads.
  std::shared_ptr<payload_cache> cache;
  std::shared_ptr<durable_reads> reads;
};

class registry_state {
 public:
  static inline const char* name = "stowage.registry";

  registry_state(registry_actor::pointer self, store_options options, registry_start start,
                 registry_metrics metrics);
  registry_actor::behavior_type make_behavior();

 private:
  template <class T>
  using promise_of = caf::typed_response_promise<T>;

  /// A put, delete or clear on its way to a version.
  struct one_write {
    op_kind kind = op_kind::put;
    std::string name;
    shared_bytes value;
    std::optional<version> expected;
    std::uint64_t expires_at_ms = 0;
    promise_of<receipt> answer;
  };
  /// Independent writes, of which the first `next` are done with.
  struct many_writes {
    std::vector<single_write> writes;
    std::size_t next = 0;
    /// No more than so many are taken together: all there is credit for, or one after a refusal of space.
    std::size_t together_max = SIZE_MAX;
    put_many_result answer_so_far;
    promise_of<put_many_result> answer;
  };
  struct whole_transaction {
    transaction what;
    std::uint64_t value_bytes = 0;
    promise_of<commit_receipt> answer;
  };
  /// A request for writes, and what they all have.
  struct write_request {
    std::variant<one_write, many_writes, whole_transaction> what;
    durability level = durability::durable;
    bool wait_for_credit = true;
  };
  /// A read behind a write that waits; it answers by itself.
  using deferred_read = std::function<void()>;
  using request_in_turn =
      std::variant<write_request, pending_replies::flush_promise, deferred_read>;
  /// A request that waits for credit or space, or behind one that does.
  struct parked {
    request_in_turn what;
    std::uint64_t bytes = 0;
    /// The names it writes, once somebody has asked for names that wait.
    std::vector<std::string> names;
    /// It removes every block.
    bool clears = false;
  };
  /// The value at hand, why there is none, or where a reader finds it.
  using looked_up = std::variant<block_value, caf::error, read_block_job>;

  enum class admission : std::uint8_t { answered, needs_credit, needs_budget };

  // -- writes ---------------------------------------------------------------------------------------
  [[nodiscard]] caf::result<receipt> on_put(put_request& request);
  [[nodiscard]] caf::result<receipt> on_delete(delete_request& request);
  [[nodiscard]] caf::result<put_many_result> on_put_many(put_many_request& request);
  [[nodiscard]] caf::result<commit_receipt> on_commit(commit_request& request);
  [[nodiscard]] caf::result<receipt> on_clear(const clear_request& request);
  template <class T, class What>
  [[nodiscard]] caf::result<T> on_write(What what, std::optional<durability> level,
                                        bool wait_for_credit, std::optional<failure> refusal);
  [[nodiscard]] admission admit(one_write& w, const write_request& request);
  [[nodiscard]] admission admit(many_writes& w, const write_request& request);
  [[nodiscard]] admission admit(whole_transaction& w, const write_request& request);
  [[nodiscard]] bool has_credit(std::uint64_t ops, std::uint64_t bytes) const noexcept;
  static void fail_next(many_writes& w, failure why);
  [[nodiscard]] bool take_budget(std::uint64_t bytes, std::uint64_t entry_bytes);
  [[nodiscard]] std::optional<failure> refusal_now(op_kind kind, const std::string& block,
                                                   const std::optional<version>& expected) const;
  version add_op(batch& unit, op_kind kind, std::string block, shared_bytes value,
                 std::uint64_t expires_at_ms = 0);
  void sequence(std::shared_ptr<batch> unit, const pending_replies::held& holds, durability level);
  template <class T>
  void answer_write(promise_of<T>& promise, T answer, durability level);
  void refuse(write_request& request, const failure& why);
  void serve_in_turn(request_in_turn r);
  [[nodiscard]] bool serve(request_in_turn& r);
  void serve_parked();
  void park(request_in_turn r);
  void unpark_front();
  template <class Visit>
  static void for_each_write(const request_in_turn& r, Visit visit);
  [[nodiscard]] static bool is_clear(const request_in_turn& r);
  void list_names_of(parked& p);
  void list_parked_names();
  [[nodiscard]] bool is_parked(const std::string& block);
  [[nodiscard]] bool is_any_parked(const std::string& prefix);
  void free_what_readers_let_go();
  void request_budget(std::uint64_t needed, std::uint64_t checkpoint_bytes);
  void prefetch_budget();
  [[nodiscard]] std::uint64_t newest_checkpoint_bytes() const;
  [[nodiscard]] std::uint64_t budget_piece_bytes() const noexcept;
  [[nodiscard]] std::uint64_t checkpoint_growth_bytes() const noexcept;
  void reserve_is_wanted(const budget_request& asked) noexcept;
  void reserve_is_granted(const budget_request& asked) noexcept;
  [[nodiscard]] std::uint64_t lacking_stock() const noexcept;
  [[nodiscard]] bool waits_for_space_to_come_back();
  void on_budget_refused(const failure& why);
  void refuse_front(const failure& why);

  // -- reads ----------------------------------------------------------------------------------------
  [[nodiscard]] caf::result<block_value> on_get(const get_request& request);
  [[nodiscard]] looked_up look_up(const get_request& request);
  [[nodiscard]] const reader_actor& next_reader();
  template <class T, class Read>
  [[nodiscard]] caf::result<T> read_in_turn(bool write_waits, Read read);
  [[nodiscard]] caf::expected<block_list> list(const list_request& request) const;
  [[nodiscard]] std::optional<block_stat> find(const std::string& block) const;
  [[nodiscard]] version current_version(const std::string& block) const;

  // -- views (registry_view.cpp) --------------------------------------------------------------------
  [[nodiscard]] caf::result<read_view> on_view();
  void keep_telling_reads();

  // -- what the writer says -------------------------------------------------------------------------
  void on_durable(const durable_group& group, const std::shared_ptr<const durable_group>& shared);
  void retire(const block& superseded);
  void keep_value_of(const committed_op& put);
  [[nodiscard]] bool is_bulk_load() const noexcept;
  void checkpoint_if_due();
  void start_checkpoint_of_newest();
  void shorten_journal();
  void on_checkpoint_ended(const caf::error& why);
  /// What only snapshots kept, little by little: somebody has let go of one.
  void let_go_of_old_states();
  void poison(const failure& why);

  // -- expiry (registry_expiry.cpp) -----------------------------------------------------------------
  [[nodiscard]] bool is_past(std::uint64_t expires_at_ms) const;
  void remove_expired();
  void arm_expiry_timer(std::uint64_t now_ms, std::uint64_t expires_at_ms);

  [[nodiscard]] bool was_removed_as_expired(version ver) const noexcept {
    return first_removal_ <= ver && ver <= last_removal_;
  }

  // -- watches (registry_watch.cpp) -----------------------------------------------------------------
  /// Whose watch it is, and its question that waits: `after` is the last change it has.
  struct watcher {
    caf::actor_addr owner;
    version after;
    std::optional<promise_of<change_batch>> waits;
  };
  using watcher_map = std::map<watch_table::id, watcher>;

  [[nodiscard]] caf::result<watch_started> on_watch(watch_request& request);
  [[nodiscard]] caf::result<change_batch> on_next_changes(const next_changes_request& request);
  [[nodiscard]] caf::result<void> on_unwatch(const unwatch_request& request);
  void on_owner_ended(const caf::actor_addr& owner);
  void end_watch(watcher_map::iterator which, const caf::error& why);
  [[nodiscard]] bool watches_anything(const caf::actor_addr& owner) const;
  void tell_watchers(const durable_group& group);
  void end_waiting_watchers(const caf::error& why);

  // -- compaction -----------------------------------------------------------------------------------
  [[nodiscard]] caf::result<void> on_checkpoint_request();
  [[nodiscard]] caf::result<compact_result> on_compact();
  [[nodiscard]] pinned_blocks pin_newest(const std::vector<block_ref>& wanted);
  [[nodiscard]] caf::result<blocks_moved> on_move(const move_blocks& request);
  [[nodiscard]] bool is_newest(const std::string& block, version ver) const;
  void look_for_waste();
  void run_compaction(const start_compaction& how);
  void on_compaction_ended(const caf::expected<compact_result>& outcome);

  // -- verification ---------------------------------------------------------------------------------
  [[nodiscard]] caf::result<verify_result> on_verify();
  void verify_next_slice();
  void on_slice_verified();
  void end_verification(const caf::error& why);

  // -- backup ---------------------------------------------------------------------------------------
  [[nodiscard]] caf::result<backup_result> on_backup(const backup_request& request);
  void copy_next_slice();
  void on_slice_copied();
  void end_backup(const caf::error& why);

  // -- the end --------------------------------------------------------------------------------------
  void on_close(caf::typed_response_promise<void> answer);
  void close_when_settled();
  void stop_readers_then_close_device(const failure& outcome);
  void finish_closing(const failure& outcome);

  [[nodiscard]] bool takes_writes() const noexcept { return !failed_ && !closing_; }
  [[nodiscard]] bool is_queue_full() const noexcept {
    return parked_.size() >= parked_requests_max;
  }
  [[nodiscard]] std::uint64_t parked_bytes_max() const noexcept {
    return parked_credits_max *
           std::max(options_.credit.max_bytes, std::uint64_t{limits::value_bytes_max});
  }
  [[nodiscard]] bool is_overloaded() const noexcept {
    return is_queue_full() || parked_bytes_ > parked_bytes_max();
  }
  [[nodiscard]] failure overloaded() const;
  [[nodiscard]] failure refusal_of_writes() const;
  [[nodiscard]] caf::error unavailable() const;
  [[nodiscard]] caf::result<store_status> on_status();
  void count_what_there_is(store_status& s) const;
  void count_reads(store_status& s) const;
  /// Of what changes with durable groups, in the background, and when readers let go.
  void tell_what_there_is();
  void tell_what_waits() noexcept;
  /// Of what readers and views did; not more often than a timer or a status asks for it.
  void tell_reads();
  void count_rejected(errc code);

  registry_actor::pointer self_;
  store_options options_;
  wall_clock clock_;

  // The peers; set by `wire_registry` before anything else arrives.
  allocator_actor allocator_;
  writer_actor writer_;
  disk_actor disk_;
  maintenance_actor maintenance_;
  std::vector<reader_actor> readers_;
  std::size_t next_reader_ = 0;
  caf::actor supervisor_;

  block_index index_;
  retirement retirement_;
  overlay overlay_;
  /// Of the group that is being published, what the cache may have. Keeps the room of the most there ever was.
  struct overwritten {
    block_ref old;
    const committed_op* by;
  };
  std::vector<overwritten> superseded_;
  version last_version_;
  version durable_version_;

  pending_replies pending_;
  std::deque<parked> parked_;
  std::uint64_t parked_bytes_ = 0;
  std::size_t parked_clears_ = 0;
  /// How many writes of each name wait. Absent until a read asks while some do: a load that only writes
  /// does not pay for it.
  std::optional<std::unordered_map<std::string, std::size_t>> parked_names_;
  /// The writer was asked to close its batch for the credit, and no group has come back since.
  bool pressed_ = false;
  std::uint64_t budget_ = 0;
  static constexpr std::uint64_t budget_piece_bytes_min = 4 * limits::mib;
  /// What pieces have grown to; `budget_piece_bytes()` is what is asked for.
  std::uint64_t budget_piece_bytes_ = budget_piece_bytes_min;
  bool budget_is_prefetched_ = false;
  /// The last piece was granted: asking ahead makes sense.
  bool space_is_ample_ = true;
  /// The reserve has room for a checkpoint of so many bytes.
  std::uint64_t reserved_checkpoint_bytes_ = 0;
  /// What the allocator was last asked to keep.
  std::uint64_t wanted_checkpoint_bytes_ = 0;
  /// What the budget that parked writes need is waiting for.
  enum class budget_wait : std::uint8_t { nothing, allocator, group, checkpoints };
  budget_wait budget_waits_for_ = budget_wait::nothing;

  /// The journal right after the newest published group, and its bytes up to there.
  journal_position newest_position_;
  std::uint64_t newest_journal_total_;
  /// Journal bytes up to the positions of the two roots.
  std::uint64_t current_root_total_ = 0;
  std::uint64_t previous_root_total_ = 0;
  bool checkpoint_soon_;
  bool checkpoint_running_ = false;
  /// Who waits for the checkpoint that runs, and for the one after it.
  std::vector<promise_of<void>> checkpoint_answers_;
  std::vector<promise_of<void>> next_checkpoint_answers_;
  std::uint64_t checkpoint_journal_total_ = 0;
  /// What they take: the one of the current root, and the one that runs.
  std::uint64_t current_checkpoint_bytes_;
  std::uint64_t running_checkpoint_bytes_ = 0;
  /// To be started one after the other, for the areas they free.
  int checkpoints_wanted_ = 0;
  /// The writer waits for such an area.
  bool journal_is_blocked_ = false;

  /// The ops of the slice of expired blocks that was removed last: their versions follow one another.
  version first_removal_;
  version last_removal_;
  std::uint64_t blocks_expired_ = 0;
  /// The wall time that the timer was armed for.
  std::optional<std::uint64_t> expiry_timer_at_ms_;
  caf::disposable expiry_timer_;

  watch_table watches_;
  watcher_map watchers_;
  /// Of those who own watches.
  compat::end_notices<std::remove_pointer_t<registry_actor::pointer>> owners_ends_;

  bool compaction_running_ = false;
  /// Who asked for the compaction that runs; nobody, if it began by itself.
  std::vector<promise_of<compact_result>> compaction_answers_;
  std::vector<promise_of<compact_result>> next_compaction_answers_;
  /// Journal bytes from which on the file's length is looked at again.
  std::uint64_t look_for_waste_at_;
  std::uint64_t compactions_ = 0;
  std::uint64_t blocks_moved_ = 0;
  std::uint64_t bytes_moved_ = 0;

  /// The one that is being written, and who waits for it.
  std::shared_ptr<verify_job> verify_;
  promise_of<verify_result> verify_answer_;
  /// The least name that may be verified next.
  std::string verify_from_;
  std::uint64_t blocks_verified_ = 0;
  std::uint64_t blocks_to_verify_ = 0;

  std::shared_ptr<backup_job> backup_;
  promise_of<backup_result> backup_answer_;
  std::chrono::steady_clock::time_point backup_ends_at_;

  std::optional<failure> failed_;
  bool closing_ = false;
  /// A close waits for the last group of a bulk load.
  bool load_ends_first_ = false;
  bool draining_ = false;
  std::vector<caf::typed_response_promise<void>> close_answers_;
  std::size_t readers_stopping_ = 0;

  std::uint64_t ops_accepted_ = 0;
  std::uint64_t ops_rejected_ = 0;
  std::shared_ptr<payload_cache> cache_;
  view_publisher views_;
  caf::disposable reads_timer_;
  registry_metrics metrics_;
};

using registry_impl = registry_actor::stateful_impl<registry_state>;

}  // namespace stowage
