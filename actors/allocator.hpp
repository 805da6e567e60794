// The allocator: free space, promises of it, and the growth of the file.
//
// Contract: see messages/allocator.hpp. A budget is granted only when the reserve is full and free space
// covers it beyond every promise; the file grows when they do not. Where a compaction has set a ceiling, that
// is lifted before the file grows: clients go first. But where only a run is missing that may lie above the ceiling,
// the file grows by a little first. Areas and checkpoints come from free space, then from growth, and only then from
// the reserve; under a ceiling from the reserve before growth.
// Concurrency: an ordinary scheduled actor.
// Limits: it decides and counts in `space_map` and `space_reserve`; nothing here touches the device except
// through the disk.
#pragma once

#include <stowage/actors/metrics.hpp>
#include <stowage/messages/allocator.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/space/space_map.hpp>
#include <stowage/storage/space/space_reserve.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace stowage {

class allocator_state {
 public:
  static inline const char* name = "stowage.allocator";

  allocator_state(allocator_actor::pointer self, space_map space, disk_actor disk,
                  const space_metrics& metrics);
  allocator_actor::behavior_type make_behavior();

 private:
  /// What a request still lacks.
  struct lack {
    std::uint64_t bytes = 0;
    bool is_of_values = false;  ///< what lies above a ceiling is of no use
  };
  using attempt = std::function<lack()>;
  using outcome = std::function<void(result<void>)>;

  /// Calls `missing`, which takes what it needs and answers 0 bytes, or answers how many bytes are missing;
  /// then the file grows and it is called again, until it succeeds or the file cannot grow. Under a ceiling it grows
  /// once.
  void grow_until(const attempt& missing, const outcome& done, bool has_grown = false);
  void grow_by(std::uint64_t growth, std::uint64_t needed, bool under_ceiling,
               const attempt& missing, const outcome& done);
  [[nodiscard]] bool grows_under_ceiling(const lack& what) const noexcept;

  caf::result<void> grant(const budget_request& request);
  struct compaction_ends {
    std::uint64_t data = 0;      ///< of the values
    std::uint64_t file = 0;      ///< of all there is while they are moved together
    std::uint64_t expected = 0;  ///< of the file when it is cut
    std::uint64_t later = 0;  ///< of it when another round has moved what lies among the values now
  };
  [[nodiscard]] compaction_ends ends_of(const begin_compaction& request) const;
  caf::result<compaction_space> begin(const begin_compaction& request);
  [[nodiscard]] compaction_space set_ceiling(const begin_compaction& request,
                                             std::uint64_t bytes_before);
  [[nodiscard]] bool enforce_file_end();
  caf::result<cut_outcome> cut(bool only_if_dense);
  void end();
  [[nodiscard]] bool grant_moves(std::uint64_t bytes);
  caf::result<area_grant> allocate_area(const area_request& request);
  caf::result<checkpoint_space> allocate_checkpoint(const checkpoint_space_request& request);
  void account(const group_space& change);
  [[nodiscard]] std::optional<extent> stand_in(std::optional<extent> run) noexcept;
  std::uint64_t fill_reserve();
  [[nodiscard]] bool is_short() const noexcept;
  [[nodiscard]] store_status status() const;
  void tell_space() noexcept;

  allocator_actor::pointer self_;
  space_map space_;
  space_reserve reserve_;
  /// How many wait for the file to become longer.
  std::size_t growing_ = 0;
  /// Something was taken from it under the ceiling there is.
  bool reserve_stands_in_ = false;
  disk_actor disk_;
  space_metrics metrics_;
  /// Of the compaction under way.
  std::uint64_t file_end_ = 0;
  std::uint64_t expected_end_ = 0;
  /// The shortest the file was when one of its ceilings was set.
  std::uint64_t bytes_under_ceiling_ = UINT64_MAX;
};

using allocator_impl = allocator_actor::stateful_impl<allocator_state>;

}  // namespace stowage
