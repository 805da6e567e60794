#include <stowage/storage/device/latched_device.hpp>

#include <stowage/storage/core/mutant.hpp>

#include <utility>

namespace stowage {

std::optional<failure> latched_device::first_failure() const {
  const std::lock_guard lock{mutex_};
  return first_;
}

result<std::size_t> latched_device::read(std::uint64_t offset, mutable_byte_view out,
                                         read_mode mode) {
  if (mutant("second-thread-syncs")) (void)inner_->sync();
  return inner_->read(offset, out, mode);
}

result<void> latched_device::write(std::uint64_t offset, std::span<const byte_view> buffers) {
  if (auto sound = require_sound(); !sound) return sound;
  return latch(inner_->write(offset, buffers));
}

result<void> latched_device::sync() {
  if (auto sound = require_sound(); !sound) return sound;
  auto outcome = inner_->sync();
  if (!outcome && mutant("failed-sync-retried")) outcome = inner_->sync();
  return latch(std::move(outcome));
}

result<void> latched_device::allocate(std::uint64_t size) {
  if (auto sound = require_sound(); !sound) return sound;
  return inner_->allocate(size);
}

result<void> latched_device::resize(std::uint64_t size) {
  if (auto sound = require_sound(); !sound) return sound;
  return inner_->resize(size);
}

void latched_device::drop_cache() { inner_->drop_cache(); }

std::uint64_t latched_device::size() const { return inner_->size(); }

result<void> latched_device::close() { return inner_->close(); }

result<void> latched_device::require_sound() const {
  auto first = first_failure();
  if (!first) return {};
  first->code = errc::poisoned;
  return *std::move(first);
}

result<void> latched_device::latch(result<void> outcome) {
  if (!outcome && !mutant("failure-not-latched")) {
    const std::lock_guard lock{mutex_};
    first_ = outcome.error();
  }
  return outcome;
}

}  // namespace stowage
