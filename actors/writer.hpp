// The writer: accumulates ops, closes batches by policy, forms groups and sends them to the disk.
//
// Contract: see messages/writer.hpp. One group is at the disk at a time; whatever closes meanwhile joins
// the next: one run, one record, one sync. Where much has closed, that one is hashed and encoded while the disk
// works, and goes there as soon as the one before is durable. Checkpoint pages and superblocks ride in groups. The
// first failure is final: it goes to the registry, and the writer does nothing any more.
// Concurrency: an ordinary scheduled actor; it never blocks.
// Limits: what bounds memory is the registry's credit, not the writer.
#pragma once

#include <stowage/actors/handover.hpp>
#include <stowage/actors/metrics.hpp>
#include <stowage/messages/allocator.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/messages/writer.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/page_pool.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/log/journal_areas.hpp>
#include <stowage/storage/log/sync_policy.hpp>
#include <stowage/storage/log/write_plan.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/storage/space/page_stock.hpp>

#include <caf/disposable.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace stowage {

/// Where the writer takes up the journal.
struct writer_start {
  superblock sb;
  journal_areas areas;
  std::uint64_t journal_bytes = 0;
  checkpoint_extents current_checkpoint;
  checkpoint_extents previous_checkpoint;
  version last_version;
  /// Feeds the salts of new areas.
  std::uint64_t seed = 0;
};

class writer_state {
 public:
  static inline const char* name = "stowage.writer";

  writer_state(writer_actor::pointer self, batch_limits limits, sync_options sync,
               writer_start start, commit_listener listener, allocator_actor allocator,
               disk_actor disk, const writer_metrics& metrics);
  writer_actor::behavior_type make_behavior();

 private:
  /// The buffers of a large group of small values, which are taken up by the one after next.
  static constexpr std::size_t buffer_bytes_kept = 32 * limits::mib;

  using void_promise = caf::typed_response_promise<void>;

  /// The ops of a batch or a group, and what they take of a group.
  struct collected_ops {
    accepted_ops ops;
    std::uint32_t transaction_count = 0;
    version through;
    std::uint64_t value_bytes = 0;
    /// An upper bound of the record.
    std::uint64_t body_bytes = 0;
  };

  /// The ops of the next group, while what it needs is being fetched.
  struct forming_group {
    collected_ops collected;
    /// Those of them that count.
    op_list to_write;
    /// What its values take: whole pages.
    std::uint64_t page_bytes = 0;
    /// No record of these ops is longer.
    std::uint64_t record_bytes_max = 0;
    bool is_seal = false;
  };

  struct pages_to_write {
    std::shared_ptr<const write_plan> pages;
    void_promise answer;
  };

  struct root_to_install {
    std::shared_ptr<const new_root> root;
    void_promise answer;
  };

  /// What is to be durable together, and what follows from its success.
  struct commit {
    std::shared_ptr<durable_group> group;  // null: no record
    bool is_seal = false;
    bool has_record = false;
    /// With a record: the last one.
    lsn last_record;
    std::uint64_t syncs = 1;
    std::uint64_t bytes = 0;
    std::vector<void_promise> pages_written;
    std::optional<root_to_install> root;
    std::optional<superblock> sb;
    bool is_final = false;
    /// The announced area that a SEAL replaced.
    area_ref replaced_area;
    /// Fresh pages of the lease that are being prepared.
    extent prepared;
  };

  /// Has its place, and waits for the disk.
  struct placed_group {
    std::shared_ptr<write_plan> plan;
    commit follows;
  };

  // -- accumulating ---------------------------------------------------------------------------------
  void enqueue(const write_ops& message);
  void settle();
  void on_settled();
  void act(const batch_decision& decision);
  void arm_batch_timer(const batch_decision& decision);
  void on_batch_timer(batch_id armed_for);
  void demand_sync();
  void arm_sync_timer();

  // -- forming a group and sending it to the disk ---------------------------------------------------
  void advance();
  [[nodiscard]] bool form_group();
  [[nodiscard]] std::uint64_t group_body_bytes_max() const noexcept;
  void form_ahead();
  [[nodiscard]] placed_group place_group();
  void send_to_disk(placed_group&& sent);
  void add_group(const forming_group& g, write_plan& plan, commit& follows);
  void count_record(std::uint64_t bytes);
  void add_superblock(superblock next, write_plan& plan, commit& follows);
  [[nodiscard]] superblock next_superblock() const;

  // -- pages and areas (writer_space.cpp) -----------------------------------------------------------
  [[nodiscard]] bool has_all_it_needs(const forming_group& g);
  void fetch_spare_area();
  void return_standing_lease();
  void give_up_pages_above();
  [[nodiscard]] bool journal_lies_below_end() const noexcept;
  void finish_vacating();
  void request_lease(std::uint64_t bytes_needed);
  void request_area(std::uint64_t bytes_min, std::uint64_t bytes_wanted,
                    area_ref writer_state::*to);
  void on_no_area(const failure& why);
  void wait_for_area();
  void fetch_ahead();
  void prepare_pages(write_plan& plan, commit& follows);

  // -- after the disk -------------------------------------------------------------------------------
  void on_durable(std::uint64_t file_bytes);
  void tell_durable(commit& done);
  void on_root_durable(const root_to_install& installed);
  void fail_stop(failure why);

  // -- idle -----------------------------------------------------------------------------------------
  [[nodiscard]] bool is_idle() const;
  void arm_idle_timer();
  void run_idle_timer(std::chrono::nanoseconds delay);
  void on_idle_timer();
  void stop_timers();

  [[nodiscard]] time_point now() const;
  [[nodiscard]] std::uint64_t next_salt();
  [[nodiscard]] store_status status() const;

  writer_actor::pointer self_;
  commit_listener listener_;
  allocator_actor allocator_;
  disk_actor disk_;

  batch_policy policy_;
  collected_ops open_;
  /// Someone waits for an op of the open batch.
  bool open_is_waited_ = false;
  /// An `ops_settled` is under way to ourselves: nothing is sent to the disk for a waiter before it comes.
  bool settling_ = false;
  std::deque<collected_ops> closed_;
  std::uint64_t closed_ops_ = 0;
  std::uint64_t closed_value_bytes_ = 0;
  sync_policy sync_;
  bool sync_timer_armed_ = false;
  caf::disposable sync_timer_;
  bool batch_timer_armed_ = false;
  caf::disposable batch_timer_;

  journal_identity identity_;
  superblock sb_;
  journal_areas areas_;
  lsn synced_;
  version through_;
  version durable_through_;
  std::uint64_t journal_total_;
  std::uint64_t journal_at_root_ = 0;
  checkpoint_extents current_checkpoint_;
  checkpoint_extents previous_checkpoint_;
  std::uint64_t salt_state_;

  /// Groups are written from here.
  page_pool buffers_{buffer_bytes_kept};
  page_stock lease_;
  bool lease_requested_ = false;
  area_ref spare_area_;
  /// Of the spare area: what was never written and is still to be prepared.
  extent spare_fresh_;
  area_ref larger_area_;
  bool area_requested_ = false;
  /// Journal areas come out of the reserve: groups are kept small enough for the smallest area.
  bool space_is_short_ = false;
  /// The allocator has no area; it is asked again when a root is durable.
  struct area_shortage {
    /// Roots that may still become durable before a group that waits is given up.
    int roots_left = 0;
    bool asked_since_root = false;
    bool group_is_known_to_wait = false;
  };
  std::optional<area_shortage> shortage_;

  std::optional<forming_group> forming_;
  std::optional<commit> at_disk_;
  /// The group after the one at the disk.
  std::optional<placed_group> next_;
  std::deque<pages_to_write> pages_;
  std::optional<root_to_install> root_;
  std::optional<void_promise> draining_;
  /// Where values are to end while a compaction is under way, and the file, when they do.
  std::optional<std::uint64_t> data_end_;
  std::optional<std::uint64_t> file_end_;
  /// Who waits until nothing above it is the writer's, and the record that has to be durable for that.
  struct vacating {
    void_promise answer;
    lsn through;
  };
  std::optional<vacating> vacating_;
  bool seal_wanted_ = false;
  bool last_record_is_seal_ = true;
  bool idle_timer_armed_ = false;
  caf::disposable idle_timer_;
  time_point idle_since_{};
  bool closed_for_good_ = false;
  std::optional<failure> failed_;

  store_status counters_;
  writer_metrics metrics_;
};

using writer_impl = writer_actor::stateful_impl<writer_state>;

}  // namespace stowage
