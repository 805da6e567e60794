// When closed batches have to become durable.
//
// Contract: in the modes `group` and `two_phase` at once: what closed while the disk worked is the next
// group. In mode `lazy` only when someone needs it (a flush, a durable waiter, held-back clients, shutdown),
// when the oldest closed batch has waited `max_interval`, or when 16 MiB of values or 32,768 ops wait; until then a crash
// loses what was only accepted, and nothing else.
// Concurrency: a plain value.
// Limits: owns no timer and reads no clock; holds no ops.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/storage/log/sync_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace stowage {

class sync_policy {
 public:
  explicit sync_policy(sync_options options = {});

  /// A batch of `ops` closed with so many bytes of values; `waited` if someone waits until it is durable.
  void on_batch_closed(time_point now, close_cause cause, std::uint64_t ops, std::uint64_t bytes,
                       bool waited);

  /// Everything that has closed is needed durable, even if nothing was open to be closed for it.
  void demand() noexcept { demanded_ = true; }

  /// Whether what has closed has to go to the disk.
  [[nodiscard]] bool is_due(time_point now) const noexcept;

  /// When it will be due at the latest; nothing if it is, or if nothing waits.
  [[nodiscard]] std::optional<time_point> deadline() const noexcept;

  /// All that had closed is on its way.
  void on_all_taken() noexcept;

  [[nodiscard]] const sync_options& options() const noexcept { return options_; }

 private:
  [[nodiscard]] bool is_much() const noexcept;

  sync_options options_;
  std::optional<time_point> oldest_;
  std::uint64_t ops_ = 0;
  std::uint64_t bytes_ = 0;
  bool demanded_ = false;
};

}  // namespace stowage
