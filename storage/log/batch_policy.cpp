#include <stowage/storage/log/batch_policy.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace stowage {

namespace {

// Indexed by the cause's number.
constexpr std::array<std::string_view, close_cause_count> cause_names{
    "ops", "delay", "bytes", "flush", "waited", "credit", "shutdown"};
static_assert(static_cast<std::size_t>(close_cause::shutdown) + 1 == close_cause_count);

}  // namespace

std::string_view name_of(close_cause cause) noexcept {
  const auto number = static_cast<std::size_t>(cause);
  return number < cause_names.size() ? cause_names[number] : "unknown";
}

batch_policy::batch_policy(batch_limits limits) : limits_{limits} {
  invariant(limits.max_ops > 0, "a batch has at least one op");
  invariant(limits.max_bytes > 0, "a batch has at least one byte");
  invariant(limits.max_delay >= std::chrono::nanoseconds::zero(), "a delay is not negative");
}

batch_decision batch_policy::on_enqueue(time_point now, std::uint32_t ops, std::uint64_t bytes,
                                        bool waited) {
  invariant(ops > 0, "a unit without ops");
  const bool first = empty();
  if (first || mutant("age-runs-from-the-newest-op")) oldest_ = now;
  ops_ += ops;
  bytes_ += std::min(bytes, std::numeric_limits<std::uint64_t>::max() - bytes_);
  waited_ = waited_ || waited;

  if (ops_ >= limits_.max_ops && !mutant("batch-not-bounded-in-ops"))
    return close(close_cause::ops);
  if (bytes_ >= limits_.max_bytes) return close(close_cause::bytes);
  if (waiter_closes()) return close(close_cause::waited);
  // Also when the timer is late: the op that finds its batch overdue need not wait for the tick.
  if (now >= deadline()) return close(close_cause::delay);
  return first ? arm() : batch_decision{};
}

batch_decision batch_policy::on_tick(batch_id batch, time_point now) {
  if (batch != current_ || empty()) return {};
  if (now < deadline() && !mutant("late-tick-closes-the-next-batch")) return arm();
  return close(close_cause::delay);
}

batch_decision batch_policy::on_disk_idle() {
  disk_busy_ = false;
  return !empty() && waiter_closes() ? close(close_cause::waited) : batch_decision{};
}

time_point batch_policy::deadline() const noexcept {
  // "Never" may be spelled as the longest delay there is.
  const bool never = oldest_ > time_point{} && limits_.max_delay > time_point::max() - oldest_;
  return never ? time_point::max() : oldest_ + limits_.max_delay;
}

batch_decision batch_policy::close_unless_empty(close_cause cause) {
  return empty() ? batch_decision{} : close(cause);
}

batch_decision batch_policy::close(close_cause cause) {
  batch_decision d;
  d.what = batch_decision::kind::close;
  d.cause = cause;
  d.batch = current_;
  current_ = current_.next();
  ops_ = 0;
  bytes_ = 0;
  waited_ = false;
  return d;
}

batch_decision batch_policy::arm() const {
  batch_decision d;
  d.what = batch_decision::kind::arm;
  d.deadline = deadline();
  d.batch = current_;
  return d;
}

}  // namespace stowage
