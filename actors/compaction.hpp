// One compaction: the steps by which maintenance makes the file shorter.
//
// Contract: in each round, a survey of the newest state; a ceiling for values, which the writer's lease leaves;
// blocks on sparse pages or above the ceiling are read, verified and moved by RELOCATE ops, slice by slice, each
// durable before the next; then the journal moves down, right above the values; two checkpoints, after which no
// root needs anything higher; where holes are left, one of several rounds has the journal move once more, and makes
// up to four checkpoints more; and the file is cut. Whatever clients need goes first: space they lack lifts the
// ceiling, and then nothing is cut; where they leave no room below it for the first move, it is given up, and sparse
// pages are emptied all the same. A block that cannot be verified is reported and stays where it is.
// `answer` is delivered exactly once.
// Concurrency: part of the maintenance actor, on its thread.
// Limits: holds the values of one slice: 256 KiB, or one larger value.
#pragma once

#include <stowage/actors/move_pace.hpp>
#include <stowage/messages/allocator.hpp>
#include <stowage/messages/maintenance.hpp>
#include <stowage/messages/reader.hpp>
#include <stowage/messages/relocation.hpp>
#include <stowage/messages/writer.hpp>
#include <stowage/storage/compaction_plan.hpp>
#include <stowage/storage/log/batch.hpp>

#include <caf/disposable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace stowage {

/// Whom a compaction asks.
struct compaction_peers {
  allocator_actor allocator;
  writer_actor writer;
  relocation_registry registry;
  std::vector<reader_actor> readers;
};

class compaction {
 public:
  using answer_promise = caf::typed_response_promise<compact_result>;

  compaction(maintenance_actor::pointer self, const compaction_peers& peers,
             const start_compaction& how, answer_promise answer);
  compaction(const compaction&) = delete;
  compaction& operator=(const compaction&) = delete;
  ~compaction();

  /// The first step, and each that was asked for with `compaction_step`.
  void step();

  [[nodiscard]] bool is_over() const noexcept { return stage_ == stage::over; }

 private:
  enum class stage : std::uint8_t { start, survey, moves, over };

  /// Blocks on their way from the old place to the new one.
  struct slice {
    std::vector<std::optional<accepted_op>> ops;
    std::size_t reads_open = 0;
    std::chrono::steady_clock::time_point begun;
    std::chrono::steady_clock::time_point handed_in;
  };

  [[nodiscard]] bool has_ceiling() const noexcept { return space_.data_end < space_.file_bytes; }

  void begin_round();
  void set_ceiling();
  void vacate(const stowage::vacate& what, const std::function<void()>& next);
  void begin_moves();
  void go_on_without_ceiling();
  void next_slice();
  void read(const std::vector<std::shared_ptr<const pinned_block>>& blocks);
  void on_read(std::size_t at, const pinned_block& from, const caf::expected<block_value>& got);
  void take_budget();
  void move(std::shared_ptr<batch> unit, std::uint64_t budget);
  void on_moved(const blocks_moved& done);
  void end_round();
  void begin_again();
  void move_journal();
  void close_holes(bool journal_moves);
  void checkpoint_then_cut(unsigned checkpoints);
  void cut();
  void give_up(const caf::error& why);
  void finish();
  void end();

  void step_again();
  void step_after(std::chrono::nanoseconds pause);
  [[nodiscard]] std::chrono::steady_clock::time_point now() const;

  maintenance_actor::pointer self_;
  const compaction_peers& peers_;
  unsigned sparse_percent_;
  unsigned rounds_left_;
  bool is_thorough_;
  /// To have a dense file before it is cut.
  unsigned tries_left_ = 0;
  /// So often more a round may begin again whose ceiling was gone: clients could take it for ever.
  unsigned begin_again_left_ = 16;
  std::uint64_t moved_before_round_ = 0;
  answer_promise answer_;

  stage stage_ = stage::start;
  std::optional<compaction_plan> plan_;
  std::uint64_t checkpoint_bytes_ = 0;
  compaction_space space_;
  slice slice_;
  move_pace pace_;
  bool is_last_slice_ = false;
  bool clients_are_busy_ = false;
  /// Room is left for clients that write: until a round came to its end without any.
  bool beside_clients_ = true;
  std::size_t next_reader_ = 0;
  caf::disposable pause_;
  compact_result result_;
};

}  // namespace stowage
