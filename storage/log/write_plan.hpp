// What the disk is to do for one commit, in the only order it may be done.
//
// Contract: values first, ascending; then, in two-phase mode, a sync; then zeros for fresh pages, the journal
// records, and a superblock if one rides along; then one sync. Values that touch are merged into one write.
// Concurrency: built by one thread, then immutable; the buffers are shared and immutable.
// Limits: no device here: `execute_plan.hpp` carries it out.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <vector>

namespace stowage {

/// Buffers that go one after another to one place.
struct device_write {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::vector<shared_bytes> buffers;

  [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
};

class write_plan {
 public:
  /// A value or a checkpoint page.
  void add_value(std::uint64_t offset, shared_bytes bytes) {
    append(values_, offset, std::move(bytes));
  }
  void add_record(std::uint64_t offset, shared_bytes bytes) {
    append(records_, offset, std::move(bytes));
  }
  void set_superblock(std::uint64_t offset, shared_bytes bytes);
  /// Zeros for free pages or for a journal area to come, so that later writes there need no change of the
  /// file's metadata.
  void prepare(extent fresh);
  /// Makes the values durable before the record is written (sync mode `two-phase`).
  void sync_before_records() noexcept { two_phase_ = true; }

  /// Sorts the values by offset and merges what touches. Called once, when the plan is complete.
  void seal();

  [[nodiscard]] const std::vector<device_write>& values() const noexcept { return values_; }
  [[nodiscard]] bool is_two_phase() const noexcept { return two_phase_; }
  [[nodiscard]] const std::vector<device_write>& preparations() const noexcept {
    return preparations_;
  }
  [[nodiscard]] const std::vector<device_write>& records() const noexcept { return records_; }
  [[nodiscard]] const std::vector<device_write>& superblock() const noexcept { return superblock_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  [[nodiscard]] bool empty() const noexcept {
    return values_.empty() && preparations_.empty() && records_.empty() && superblock_.empty();
  }

 private:
  static void append(std::vector<device_write>& writes, std::uint64_t offset, shared_bytes bytes);

  std::vector<device_write> values_;
  std::vector<device_write> preparations_;
  std::vector<device_write> records_;
  std::vector<device_write> superblock_;
  bool two_phase_ = false;
};

}  // namespace stowage
