#include <stowage/actors/metrics.hpp>

#include <utility>

namespace stowage {

namespace {

using caf::telemetry::int_counter;
using caf::telemetry::int_gauge;
using caf::telemetry::label_view;
using caf::telemetry::metric_registry;
using text = compat::string_view;

constexpr text prefix = "stowage";
constexpr text store_label = "store";

// CAF appends the unit to the name; 1 is for what is only counted.
constexpr text number = "1";
constexpr text bytes = "bytes";
constexpr text seconds = "seconds";

constexpr std::array<std::int64_t, 11> group_ops_bounds{1,   2,   5,    10,   20,   50,
                                                        100, 200, 1000, 5000, 65536};
constexpr std::array<std::int64_t, 9> group_bytes_bounds{
    4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 33554432, 67108864};
constexpr std::array<double, 14> sync_bounds{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01,
                                             0.02,   0.05,   0.1,    0.2,   0.5,   1,     5};

text view(std::string_view of) noexcept { return {of.data(), of.size()}; }

/// Where a store's metrics are registered.
struct place {
  metric_registry& registry;
  const std::string& label;

  [[nodiscard]] label_view store() const { return {store_label, label}; }
};

int_counter* counter(const place& in, text name, text help, text unit = number) {
  return in.registry.counter_instance(prefix, name, {in.store()}, help, unit, true);
}

/// One of several that differ in a label.
int_counter* counter_of(label_view which, const place& in, text name, text help) {
  return in.registry.counter_instance(prefix, name, {which, in.store()}, help, number, true);
}

int_gauge* gauge(const place& in, text name, text help, text unit = number) {
  return in.registry.gauge_instance(prefix, name, {in.store()}, help, unit);
}

/// By its family: 0.18.7 does not compile the short way.
template <class T, std::size_t n>
caf::telemetry::histogram<T>* histogram(const place& in, text name,
                                        const std::array<T, n>& upper_bounds, text help,
                                        text unit = number) {
  return in.registry
      .template histogram_family<T>(prefix, name, {store_label}, upper_bounds, help, unit)
      ->get_or_add({in.store()});
}

int_counter* accepted_counter(const place& in, text kind) {
  return counter_of({"kind", kind}, in, "ops-accepted", "Ops of clients that got their version.");
}

template <std::size_t... causes>
std::array<counter_twin, close_cause_count> batch_counters(const place& in,
                                                           std::index_sequence<causes...>) {
  return {counter_twin{counter_of({"cause", view(name_of(static_cast<close_cause>(causes)))}, in,
                                  "batches-closed", "Batches, by what closed them.")}...};
}

bool stands_as_it_is(char c) noexcept {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '%';
}

}  // namespace

std::string metric_label(std::string_view path) {
  if (path.empty()) return "memory";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string label;
  for (const char c : path) {
    if (stands_as_it_is(c)) {
      label += c;
      continue;
    }
    const auto b = static_cast<unsigned char>(c);
    label += '%';
    label += digits[b >> 4U];
    label += digits[b & 0xfU];
  }
  return label;
}

// -- failures ---------------------------------------------------------------------------------------

failure_counters::failure_counters(metric_registry& registry, std::string label, text name,
                                   text help, std::initializer_list<errc> expected)
    : family_{registry.counter_family(prefix, name, {"error", store_label}, help, number, true)},
      label_{std::move(label)} {
  for (const auto code : expected) (void)counter_of(code);
}

int_counter& failure_counters::counter_of(errc code) {
  auto& counter = by_code_[static_cast<std::size_t>(code)];
  if (counter == nullptr)
    counter = family_->get_or_add({{"error", view(name_of(code))}, {store_label, label_}});
  return *counter;
}

// -- registry ---------------------------------------------------------------------------------------

registry_metrics::registry_metrics(metric_registry& registry, const std::string& label)
    : puts_{accepted_counter({registry, label}, "put")},
      deletes_{accepted_counter({registry, label}, "delete")},
      clears_{accepted_counter({registry, label}, "clear")},
      rejected_{registry,
                label,
                "ops-rejected",
                "Requests for writes, and writes of a put_many, that were refused.",
                {errc::not_found, errc::conflict, errc::limit_exceeded, errc::no_space,
                 errc::overloaded, errc::io_error, errc::poisoned, errc::closed}},
      gets_{counter({registry, label}, "gets", "Requests for a value.")},
      expired_{counter({registry, label}, "blocks-expired", "Blocks removed as expired.")},
      watch_gaps_{counter({registry, label}, "watch-gaps",
                          "Times a watch has begun to forget changes not asked for in time.")},
      compactions_{counter({registry, label}, "compactions", "Compactions that ended.")},
      blocks_moved_{counter({registry, label}, "blocks-moved", "Blocks moved by compactions.")},
      moved_bytes_{
          counter({registry, label}, "moved", "Bytes of values moved by compactions.", bytes)},
      ops_in_flight_{
          gauge({registry, label}, "ops-in-flight", "Ops accepted and not yet durable.")},
      in_flight_bytes_{
          gauge({registry, label}, "in-flight", "Bytes of values not yet durable.", bytes)},
      credit_ops_{gauge({registry, label}, "credit-ops", "Ops that may be in flight.")},
      credit_bytes_{
          gauge({registry, label}, "credit", "Bytes of values that may be in flight.", bytes)},
      requests_parked_{
          gauge({registry, label}, "requests-parked", "Requests that wait for credit or space.")},
      parked_bytes_{
          gauge({registry, label}, "parked", "Bytes of values of requests that wait.", bytes)},
      blocks_{gauge({registry, label}, "blocks", "Blocks in the store.")},
      blocks_expiring_{gauge({registry, label}, "blocks-expiring", "Blocks that will expire.")},
      value_bytes_{gauge({registry, label}, "value", "Bytes of values in the store.", bytes)},
      watches_{gauge({registry, label}, "watches", "Watches of changes.")},
      pinned_bytes_{gauge({registry, label}, "pinned",
                          "Bytes superseded that readers or snapshots still hold.", bytes)},
      open_{gauge({registry, label}, "open", "1 from open to close.")},
      poisoned_{gauge({registry, label}, "poisoned", "1 once nothing becomes durable any more.")},
      cache_hits_{counter({registry, label}, "cache-hits", "Values found in the payload cache.")},
      cache_misses_{counter({registry, label}, "cache-misses", "Values not found there.")},
      cache_entries_{gauge({registry, label}, "cache-entries", "Values in the payload cache.")},
      cache_bytes_{gauge({registry, label}, "cache", "What the payload cache takes.", bytes)},
      view_reads_{counter({registry, label}, "view-reads", "Blocks looked up by views.")},
      readers_{registry, label} {}

void registry_metrics::opened(std::uint64_t credit_ops, std::uint64_t credit_bytes) noexcept {
  credit_ops_.tell(credit_ops);
  credit_bytes_.tell(credit_bytes);
  in_flight(0, 0);
  parked(0, 0);
  poisoned_.tell(0);
  open_.tell(1);
}

void registry_metrics::accepted(const std::vector<accepted_op>& ops) noexcept {
  std::int64_t puts = 0;
  std::int64_t deletes = 0;
  std::int64_t clears = 0;
  for (const auto& o : ops) {
    puts += o.kind == op_kind::put ? 1 : 0;
    deletes += o.kind == op_kind::del ? 1 : 0;
    clears += o.kind == op_kind::clear ? 1 : 0;
  }
  if (puts > 0) puts_->inc(puts);
  if (deletes > 0) deletes_->inc(deletes);
  if (clears > 0) clears_->inc(clears);
}

void registry_metrics::in_flight(std::uint64_t ops, std::uint64_t value_bytes) noexcept {
  ops_in_flight_.tell(ops);
  in_flight_bytes_.tell(value_bytes);
}

void registry_metrics::parked(std::uint64_t requests, std::uint64_t value_bytes) noexcept {
  requests_parked_.tell(requests);
  parked_bytes_.tell(value_bytes);
}

void registry_metrics::tell(const store_status& status) noexcept {
  expired_.tell(status.blocks_expired);
  watch_gaps_.tell(status.watch_gaps);
  compactions_.tell(status.compactions);
  blocks_moved_.tell(status.blocks_moved);
  moved_bytes_.tell(status.bytes_moved);
  blocks_.tell(status.blocks);
  blocks_expiring_.tell(status.blocks_expiring);
  value_bytes_.tell(status.value_bytes);
  pinned_bytes_.tell(status.pinned_bytes);
  watches_.tell(status.watches);
}

void registry_metrics::tell_reads(const store_status& status,
                                  const durable_reads::counts& by_views) {
  cache_hits_.tell(status.cache_hits);
  cache_misses_.tell(status.cache_misses);
  cache_entries_.tell(status.cache_entries);
  cache_bytes_.tell(status.cache_bytes);
  view_reads_.tell(status.view_reads);
  readers_.read(by_views.bytes_read - told_of_views_.bytes_read);
  for (auto i = told_of_views_.corrupt_blocks; i < by_views.corrupt_blocks; ++i)
    readers_.failed(errc::corrupt_block);
  for (auto i = told_of_views_.io_errors; i < by_views.io_errors; ++i)
    readers_.failed(errc::io_error);
  told_of_views_ = by_views;
}

// -- writer -----------------------------------------------------------------------------------------

writer_metrics::writer_metrics(metric_registry& registry, const std::string& label)
    : batches_{batch_counters({registry, label}, std::make_index_sequence<close_cause_count>{})},
      groups_{counter({registry, label}, "groups", "Groups of ops that became records.")},
      seals_{counter({registry, label}, "seals", "Records without ops.")},
      syncs_{counter({registry, label}, "syncs", "Syncs that something became durable by.")},
      checkpoints_{counter({registry, label}, "checkpoints", "Checkpoints that became durable.")},
      written_bytes_{counter({registry, label}, "written", "All bytes written.", bytes)},
      value_bytes_{
          counter({registry, label}, "value-written", "Whole pages of values written.", bytes)},
      journal_bytes_{
          counter({registry, label}, "journal-written", "Journal records written.", bytes)},
      prepared_bytes_{
          counter({registry, label}, "prepared-written", "Zeros written to fresh pages.", bytes)},
      group_ops_{
          histogram({registry, label}, "group-ops", group_ops_bounds, "Ops of a durable group.")},
      group_bytes_{histogram({registry, label}, "group", group_bytes_bounds,
                             "Whole pages of values of a durable group.", bytes)},
      journal_since_root_{
          gauge({registry, label}, "journal", "Records since the current checkpoint.", bytes)} {}

void writer_metrics::group(std::uint64_t ops, std::uint64_t value_bytes) noexcept {
  group_ops_->observe(static_cast<std::int64_t>(ops));
  group_bytes_->observe(static_cast<std::int64_t>(value_bytes));
}

void writer_metrics::tell(const store_status& status) noexcept {
  for (std::size_t cause = 0; cause < close_cause_count; ++cause)
    batches_[cause].tell(status.batches_closed_by[cause]);
  groups_.tell(status.groups);
  seals_.tell(status.seals);
  syncs_.tell(status.syncs);
  checkpoints_.tell(status.checkpoints);
  written_bytes_.tell(status.bytes_written);
  value_bytes_.tell(status.value_bytes_written);
  journal_bytes_.tell(status.journal_bytes_written);
  prepared_bytes_.tell(status.prepared_bytes_written);
  journal_since_root_.tell(status.journal_bytes);
}

// -- allocator, disk, reader ------------------------------------------------------------------------

space_metrics::space_metrics(metric_registry& registry, const std::string& label)
    : file_bytes_{gauge({registry, label}, "file", "Length of the file.", bytes)},
      free_bytes_{gauge({registry, label}, "free", "Space of the file that is free.", bytes)},
      leased_bytes_{gauge({registry, label}, "leased", "Free space the writer has.", bytes)},
      promised_bytes_{gauge({registry, label}, "promised", "Free space granted to ops.", bytes)},
      reserve_bytes_{gauge({registry, label}, "reserve",
                           "Free space kept for deletes and checkpoints.", bytes)} {}

void space_metrics::tell(const store_status& status) noexcept {
  file_bytes_.tell(status.file_bytes);
  free_bytes_.tell(status.free_bytes);
  leased_bytes_.tell(status.leased_bytes);
  promised_bytes_.tell(status.promised_bytes);
  reserve_bytes_.tell(status.reserve_bytes);
}

disk_metrics::disk_metrics(metric_registry& registry, const std::string& label)
    : sync_seconds_{histogram({registry, label}, "sync", sync_bounds, "How long a sync takes.",
                              seconds)},
      failures_{registry,
                label,
                "device-failures",
                "Calls that the device failed.",
                {errc::io_error, errc::no_space}} {}

void disk_metrics::synced_in(std::chrono::nanoseconds time) noexcept {
  sync_seconds_->observe(std::chrono::duration<double>(time).count());
}

reader_metrics::reader_metrics(metric_registry& registry, const std::string& label)
    : bytes_{counter({registry, label}, "read", "Bytes of values read for clients and verified.",
                     bytes)},
      failures_{registry,
                label,
                "read-failures",
                "Blocks that could not be read or verified for a client.",
                {errc::corrupt_block, errc::io_error}} {}

}  // namespace stowage
