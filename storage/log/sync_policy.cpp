#include <stowage/storage/log/sync_policy.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <array>

namespace stowage {

namespace {

constexpr std::array<std::string_view, 3> mode_names{"group", "two-phase", "lazy"};

// Enough for a write at the device's full speed, and a fraction of the credit: the disk works on one part
// while the next is accepted.
constexpr std::uint64_t lazy_bytes_max = 16 * limits::mib;

// So many small values keep the processors busy as long as that keeps the disk: the first group would be late, and
// nothing would be left to do beside the last.
constexpr std::uint64_t lazy_ops_max = 32'768;

// Whether this cause means that someone needs the batch durable.
bool is_demand(close_cause cause) noexcept {
  switch (cause) {
    case close_cause::flush:
    case close_cause::waited:
    case close_cause::credit:
    case close_cause::shutdown: return true;
    case close_cause::ops:
    case close_cause::delay:
    case close_cause::bytes: return false;
  }
  return true;
}

}  // namespace

std::string_view name_of(sync_mode mode) noexcept {
  const auto number = static_cast<std::size_t>(mode);
  return number < mode_names.size() ? mode_names[number] : "unknown";
}

std::optional<sync_mode> sync_mode_from_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < mode_names.size(); ++i)
    if (mode_names[i] == name) return static_cast<sync_mode>(i);
  return std::nullopt;
}

sync_policy::sync_policy(sync_options options) : options_{options} {
  invariant(options.max_interval >= std::chrono::nanoseconds::zero(), "a time is not negative");
}

void sync_policy::on_batch_closed(time_point now, close_cause cause, std::uint64_t ops,
                                  std::uint64_t bytes, bool waited) {
  if (!oldest_) oldest_ = now;
  ops_ += ops;
  bytes_ += bytes;
  demanded_ = demanded_ || waited || is_demand(cause);
}

bool sync_policy::is_much() const noexcept {
  return bytes_ >= lazy_bytes_max || ops_ >= lazy_ops_max;
}

bool sync_policy::is_due(time_point now) const noexcept {
  if (!oldest_) return false;
  return options_.mode != sync_mode::lazy || demanded_ || is_much() ||
         now - *oldest_ >= options_.max_interval;
}

std::optional<time_point> sync_policy::deadline() const noexcept {
  if (!oldest_ || options_.mode != sync_mode::lazy || demanded_ || is_much()) return std::nullopt;
  return *oldest_ + options_.max_interval;
}

void sync_policy::on_all_taken() noexcept {
  oldest_.reset();
  ops_ = 0;
  bytes_ = 0;
  demanded_ = false;
}

}  // namespace stowage
