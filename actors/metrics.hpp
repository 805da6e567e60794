// What a store tells CAF's telemetry: counters, gauges and histograms under the prefix `stowage`.
//
// Contract: each actor tells what it alone knows, in numbers that agree with the status. Every metric has the label
// `store`, see `metric_label`. Counters only grow, also over several lives of a store in one process; gauges are
// those of the store that was opened last. docs/metrics.md says what each one means.
// Concurrency: made anywhere; each object belongs to one actor. The metrics themselves are atomics that belong to the
// actor system and may be collected at any time.
// Limits: nothing here costs more than an add per op; what costs more is told once per batch or group.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/durable_reads.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/batch_policy.hpp>

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_family_impl.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace stowage {

/// The value of the label `store`: the path, `memory` if there is none. Collectors write labels as they are, so what
/// is not printable ASCII, and `"`, `\` and `%`, become `%HH`.
[[nodiscard]] std::string metric_label(std::string_view path);

/// A counter that follows a count of this life of the store.
class counter_twin {
 public:
  explicit counter_twin(caf::telemetry::int_counter* counter) noexcept : counter_{counter} {}

  /// The count is `count` now; it never shrinks.
  void tell(std::uint64_t count) noexcept {
    if (count == told_) return;
    counter_->inc(static_cast<std::int64_t>(count - told_));
    told_ = count;
  }

 private:
  caf::telemetry::int_counter* counter_;
  std::uint64_t told_ = 0;
};

/// A gauge of something that is counted without a sign.
class amount_gauge {
 public:
  explicit amount_gauge(caf::telemetry::int_gauge* gauge) noexcept : gauge_{gauge} {}
  void tell(std::uint64_t amount) noexcept { gauge_->value(static_cast<std::int64_t>(amount)); }

 private:
  caf::telemetry::int_gauge* gauge_;
};

/// Counters of one kind of failure, by its code.
class failure_counters {
 public:
  /// `name` as in the registry; those `expected` are there from the start, the others once they happen.
  failure_counters(caf::telemetry::metric_registry& registry, std::string label,
                   compat::string_view name, compat::string_view help,
                   std::initializer_list<errc> expected);

  void count(errc code) { counter_of(code).inc(); }

 private:
  caf::telemetry::int_counter& counter_of(errc code);

  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>* family_;
  std::string label_;
  std::array<caf::telemetry::int_counter*, errc_max + 1> by_code_{};
};

/// Of a reader; all readers and views of a store share the counters.
class reader_metrics {
 public:
  reader_metrics(caf::telemetry::metric_registry& registry, const std::string& label);

  void read(std::uint64_t bytes) noexcept { bytes_->inc(static_cast<std::int64_t>(bytes)); }
  void failed(errc code) { failures_.count(code); }

 private:
  caf::telemetry::int_counter* bytes_;
  failure_counters failures_;
};

/// Of the registry: requests, credit, and what the store holds.
class registry_metrics {
 public:
  registry_metrics(caf::telemetry::metric_registry& registry, const std::string& label);

  /// Nothing is in flight; at most so much may be.
  void opened(std::uint64_t credit_ops, std::uint64_t credit_bytes) noexcept;
  void accepted(const std::vector<accepted_op>& ops) noexcept;
  void rejected(errc code) { rejected_.count(code); }
  void asked_for_a_value() noexcept { gets_->inc(); }
  void in_flight(std::uint64_t ops, std::uint64_t value_bytes) noexcept;
  void parked(std::uint64_t requests, std::uint64_t value_bytes) noexcept;
  /// What of the status is the registry's.
  void tell(const store_status& status) noexcept;
  /// What of it is about reads, and what views have done so far.
  void tell_reads(const store_status& status, const durable_reads::counts& by_views);
  void poisoned() noexcept { poisoned_.tell(1); }
  void closed() noexcept { open_.tell(0); }

 private:
  caf::telemetry::int_counter* puts_;
  caf::telemetry::int_counter* deletes_;
  caf::telemetry::int_counter* clears_;
  failure_counters rejected_;
  caf::telemetry::int_counter* gets_;
  counter_twin expired_;
  counter_twin watch_gaps_;
  counter_twin compactions_;
  counter_twin blocks_moved_;
  counter_twin moved_bytes_;
  amount_gauge ops_in_flight_;
  amount_gauge in_flight_bytes_;
  amount_gauge credit_ops_;
  amount_gauge credit_bytes_;
  amount_gauge requests_parked_;
  amount_gauge parked_bytes_;
  amount_gauge blocks_;
  amount_gauge blocks_expiring_;
  amount_gauge value_bytes_;
  amount_gauge watches_;
  amount_gauge pinned_bytes_;
  amount_gauge open_;
  amount_gauge poisoned_;
  counter_twin cache_hits_;
  counter_twin cache_misses_;
  amount_gauge cache_entries_;
  amount_gauge cache_bytes_;
  counter_twin view_reads_;
  reader_metrics readers_;
  durable_reads::counts told_of_views_;
};

/// Of the writer: batches, groups and bytes.
class writer_metrics {
 public:
  writer_metrics(caf::telemetry::metric_registry& registry, const std::string& label);

  /// A group with ops is durable.
  void group(std::uint64_t ops, std::uint64_t value_bytes) noexcept;
  /// What of the status is the writer's.
  void tell(const store_status& status) noexcept;

 private:
  std::array<counter_twin, close_cause_count> batches_;
  counter_twin groups_;
  counter_twin seals_;
  counter_twin syncs_;
  counter_twin checkpoints_;
  counter_twin written_bytes_;
  counter_twin value_bytes_;
  counter_twin journal_bytes_;
  counter_twin prepared_bytes_;
  caf::telemetry::int_histogram* group_ops_;
  caf::telemetry::int_histogram* group_bytes_;
  amount_gauge journal_since_root_;
};

/// Of the allocator: space.
class space_metrics {
 public:
  space_metrics(caf::telemetry::metric_registry& registry, const std::string& label);

  /// What of the status is the allocator's.
  void tell(const store_status& status) noexcept;

 private:
  amount_gauge file_bytes_;
  amount_gauge free_bytes_;
  amount_gauge leased_bytes_;
  amount_gauge promised_bytes_;
  amount_gauge reserve_bytes_;
};

/// Of the disk: how long it takes, and how it fails.
class disk_metrics {
 public:
  disk_metrics(caf::telemetry::metric_registry& registry, const std::string& label);

  void synced_in(std::chrono::nanoseconds time) noexcept;
  void failed(errc code) { failures_.count(code); }

 private:
  caf::telemetry::dbl_histogram* sync_seconds_;
  failure_counters failures_;
};

}  // namespace stowage
