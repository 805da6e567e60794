// Verifies what a restart would begin from: the superblocks, the checkpoints of both roots, and the journal from
// the previous root on.
//
// Contract: reads past the cache where the device can, and reports each page or record that is damaged. The store
// may be running: where a new root was named meanwhile, what did not match may have been reused, so the check
// begins again. Nothing is repaired.
// Concurrency: one owner, on any thread; beside it one other thread may write the device.
// Limits: one page, or some records, of work a step. Values are `verify_values`' matter.
#pragma once

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/format/superblock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stowage {

class metadata_check {
 public:
  /// `durable` is the last record known to be on the device; what comes after it may be cut off.
  explicit metadata_check(lsn durable = {}) : durable_{durable} {}

  [[nodiscard]] bool is_over() const noexcept { return stage_ == stage::over; }
  /// Does some more. Fails with overloaded where new roots were named so often that it came to no end.
  [[nodiscard]] result<void> step(block_device& device);

  /// What is damaged, by and by: corrupt or journal_corrupt{offset}, io_error{offset}. Complete when it is over.
  [[nodiscard]] const std::vector<failure>& found() const noexcept { return found_; }

 private:
  enum class stage : std::uint8_t { election, current, previous, journal, slots, over };

  [[nodiscard]] result<void> elect(block_device& device);
  [[nodiscard]] result<void> check_page(block_device& device, const root& r, stage next);
  [[nodiscard]] result<void> check_records(block_device& device);
  [[nodiscard]] result<void> check_slots(block_device& device);
  [[nodiscard]] result<void> suspect(block_device& device, failure why);
  [[nodiscard]] result<void> begin_again();
  void enter(stage next);

  lsn durable_;
  stage stage_ = stage::election;
  int restarts_left_ = 100;
  superblock sb_;
  bool slot_damaged_ = false;
  std::optional<checkpoint_reader> pages_;
  journal_position at_;
  std::vector<failure> found_;
};

}  // namespace stowage
