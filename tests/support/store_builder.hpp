// A whole store without actors: the smallest writer that keeps rules R1 to R6 of docs/durability.md.
//
// Contract: a call that succeeds has made its effect durable before it returns (`begin_checkpoint` has
// none). One group per `commit`, depth 1; freed space is used again only after the sync that frees it; a
// superblock names only what an earlier sync made durable. The first failure is final: after it, only
// what reads may be called. The same device, habits and calls give the same bytes.
// Concurrency: one thread.
// Limits: nobody reads while it writes, so nothing is pinned; no batching, compaction or vacuum.
#pragma once

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/log/journal_areas.hpp>
#include <stowage/storage/log/write_plan.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/storage/space/lease.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace stowage::test {

/// What a commit shall change; `relocate` moves a block that is there.
struct change {
  op_kind kind = op_kind::put;
  std::string name;
  shared_bytes value;
  std::uint64_t expires_at_ms = 0;
};

[[nodiscard]] inline change put(std::string name, std::string value,
                                std::uint64_t expires_at_ms = 0) {
  return {op_kind::put, std::move(name), shared_bytes{std::move(value)}, expires_at_ms};
}
[[nodiscard]] inline change erase(std::string name) {
  return {op_kind::del, std::move(name), {}, 0};
}
[[nodiscard]] inline change relocate(std::string name) {
  return {op_kind::relocate, std::move(name), {}, 0};
}
[[nodiscard]] inline change clear() { return {op_kind::clear, {}, {}, 0}; }

/// How a builder goes about its work.
struct builder_habits {
  /// Salts of the areas it makes.
  std::uint64_t seed = 1;
  /// Values are laid into runs of at most so many bytes: small ones give chunks of few pages.
  std::uint64_t run_bytes_max = std::numeric_limits<std::uint64_t>::max();
  /// By how much the file grows at least; 0 = as production does.
  std::uint64_t growth_bytes = 0;
  /// A sync between values and record.
  bool two_phase = false;
};

class store_builder {
 public:
  /// Recovers the store on `device`, which must outlive the builder.
  [[nodiscard]] static result<store_builder> open(block_device& device, builder_habits habits = {});

  /// Goes on from `recovered`, read-write.
  store_builder(block_device& device, recovered_store recovered, builder_habits habits = {});

  /// One group: versions in the order of `changes`, from `last_version().next()` on.
  [[nodiscard]] result<void> commit(std::vector<change> changes);

  /// A SEAL: proves that all before it was synced.
  [[nodiscard]] result<void> seal();

  /// Takes the snapshot of a checkpoint. Its pages ride with the next plan, the superblock with the one
  /// after.
  void begin_checkpoint();

  /// Finishes the checkpoint that was begun, or a new one, with plans of its own.
  [[nodiscard]] result<void> checkpoint();

  /// The fence of an orderly shutdown. Nothing may be changed afterwards.
  [[nodiscard]] result<void> close();

  /// The value of a block that is there.
  [[nodiscard]] result<shared_bytes> read(std::string_view name) const;

  [[nodiscard]] const block_index& index() const noexcept { return index_; }
  [[nodiscard]] const superblock& sb() const noexcept { return sb_; }
  [[nodiscard]] const journal_position& position() const noexcept { return areas_.position(); }
  [[nodiscard]] version last_version() const noexcept { return last_version_; }
  [[nodiscard]] bool has_checkpoint_under_way() const noexcept { return checkpoint_.has_value(); }
  /// Bytes that a recovery of the state now on the device finds free.
  [[nodiscard]] std::uint64_t free_bytes() const noexcept;
  [[nodiscard]] const checkpoint_extents& current_checkpoint() const noexcept {
    return current_checkpoint_;
  }

 private:
  page_pool buffers_{0};

  struct checkpoint_under_way {
    checkpoint_writer writer;
    checkpoint_extents extents;
    /// Set when the pages are durable and a superblock may name them.
    std::optional<root> finished;
  };

  [[nodiscard]] result<accepted_op> accept(change c);
  [[nodiscard]] result<std::vector<extent>> take_runs(std::uint64_t bytes);
  [[nodiscard]] result<extent> take_pages(std::uint64_t bytes);
  [[nodiscard]] result<area_ref> take_area(std::uint64_t bytes);
  [[nodiscard]] result<void> grow(std::uint64_t need);
  [[nodiscard]] result<void> append(record_kind kind, std::size_t op_count, byte_view body,
                                    write_plan& plan);
  [[nodiscard]] result<void> append_one(const record_parts& parts, byte_view body,
                                        std::uint64_t spare_bytes, write_plan& plan);
  [[nodiscard]] result<void> carry_out(write_plan& plan);
  [[nodiscard]] result<void> write_pages(write_plan& plan);
  [[nodiscard]] superblock next_superblock() const;
  void publish(const std::vector<committed_op>& group);
  void adopt(const superblock& written);

  block_device* device_;
  builder_habits habits_;
  std::mt19937_64 salts_;

  superblock sb_;
  block_index index_;
  journal_areas areas_;
  space_map space_;
  lease lease_;
  version last_version_;
  checkpoint_extents current_checkpoint_;
  checkpoint_extents previous_checkpoint_;
  std::optional<checkpoint_under_way> checkpoint_;

  /// As of the last sync: what a superblock may say of journal and file.
  lsn synced_;
  std::uint64_t synced_file_bytes_;
  /// The area to announce when the journal enters the next one.
  area_ref spare_;
  /// Areas no longer announced once the plan in hand is durable.
  std::vector<area_ref> replaced_;
  bool failed_ = false;
};

}  // namespace stowage::test
