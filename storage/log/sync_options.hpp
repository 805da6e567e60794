// When what has closed becomes durable: what of it can be set.
//
// Contract: what each mode means for a crash, `sync_policy` says.
// Concurrency: plain values.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace STOWAGE_EXPORT stowage {

enum class sync_mode : std::uint8_t {
  group,      ///< values and record, then one sync
  two_phase,  ///< values, a sync, the record, a sync: a record that is there has its values, proven
  lazy,       ///< as `group`, but only when someone needs it
};

/// The mode's name as the config spells it: `group`, `two-phase`, `lazy`.
[[nodiscard]] std::string_view name_of(sync_mode mode) noexcept;
[[nodiscard]] std::optional<sync_mode> sync_mode_from_name(std::string_view name) noexcept;

/// When closed batches go to the disk.
struct sync_options {
  sync_mode mode = sync_mode::group;
  /// Mode `lazy`: the longest that something accepted stays only in memory after its batch closed, 0 to 60 s.
  std::chrono::nanoseconds max_interval = std::chrono::seconds{1};

  friend bool operator==(const sync_options&, const sync_options&) = default;
};

}  // namespace stowage
