// When to close a batch.
//
// Contract: ops arrive in units (one op, or a transaction of many) that are never split. A batch
// closes on the first of: so many ops, so many bytes, a durable waiter while the disk is idle, its
// age, a flush, credit pressure, shutdown. It closes after the unit that reaches a bound, so the
// 50th op closes a batch of 50. If one unit reaches several bounds, the cause is the first of: ops,
// bytes, waited, delay. Age runs from the batch's first op. Closing starts the next batch, under a
// new id; a tick carries the id it was armed for, so one that comes late does nothing. An empty
// batch never closes.
// Concurrency: a plain value.
// Limits: owns no timer and reads no clock: it answers with a deadline, and whoever arms a timer
// for it calls `on_tick`. Holds no ops, only their sums.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/log/batch_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stowage {

using time_point = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// + 1 for each batch.
using batch_id = strong_id<struct batch_id_tag>;

/// Why a batch closed. The numbers index counters.
enum class close_cause : std::uint8_t {
  ops,       ///< it has enough ops
  delay,     ///< its first op is old enough
  bytes,     ///< it has enough bytes
  flush,     ///< everything accepted was asked to become durable
  waited,    ///< someone waits for durability and the disk has nothing to do
  credit,    ///< clients are held back until something becomes durable
  shutdown,  ///< nothing more will come
};

inline constexpr std::size_t close_cause_count = 7;

/// The cause's name, as it is spelled in the enumeration.
[[nodiscard]] std::string_view name_of(close_cause cause) noexcept;

/// What to do now.
struct batch_decision {
  enum class kind : std::uint8_t {
    nothing,
    arm,    ///< call on_tick(batch, now) at `deadline`
    close,  ///< send `batch` on, for `cause`
  };

  kind what = kind::nothing;
  /// For `close`.
  close_cause cause = close_cause::ops;
  /// For `arm`.
  time_point deadline{};
  /// For `arm` and `close`.
  batch_id batch;

  friend bool operator==(const batch_decision&, const batch_decision&) = default;
};

class batch_policy {
 public:
  explicit batch_policy(batch_limits limits = {});

  /// A unit of `ops` >= 1 ops with `bytes` in all; `waited` if someone waits until it is durable.
  [[nodiscard]] batch_decision on_enqueue(time_point now, std::uint32_t ops, std::uint64_t bytes,
                                          bool waited);

  /// The timer armed for `batch` went off. If it did so early, it is to be armed again.
  [[nodiscard]] batch_decision on_tick(batch_id batch, time_point now);

  /// A group is at the disk: a waiter gains nothing from closing before it is done.
  void on_disk_busy() noexcept { disk_busy_ = true; }
  /// The disk has nothing to do: a batch that someone waits for closes.
  [[nodiscard]] batch_decision on_disk_idle();

  [[nodiscard]] batch_decision on_flush() { return close_unless_empty(close_cause::flush); }
  [[nodiscard]] batch_decision on_credit_pressure() {
    return close_unless_empty(close_cause::credit);
  }
  [[nodiscard]] batch_decision on_shutdown() { return close_unless_empty(close_cause::shutdown); }

  [[nodiscard]] const batch_limits& limits() const noexcept { return limits_; }
  /// The batch that ops go to now, and what is in it.
  [[nodiscard]] batch_id current() const noexcept { return current_; }
  [[nodiscard]] std::uint64_t ops() const noexcept { return ops_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool empty() const noexcept { return ops_ == 0; }

 private:
  [[nodiscard]] time_point deadline() const noexcept;
  [[nodiscard]] bool waiter_closes() const noexcept {
    return waited_ && !disk_busy_ && limits_.close_when_waited;
  }
  batch_decision close_unless_empty(close_cause cause);
  batch_decision close(close_cause cause);
  [[nodiscard]] batch_decision arm() const;

  batch_limits limits_;
  batch_id current_{1};
  std::uint64_t ops_ = 0;
  std::uint64_t bytes_ = 0;
  time_point oldest_{};
  bool waited_ = false;
  bool disk_busy_ = false;
};

}  // namespace stowage
