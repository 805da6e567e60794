// A device that tells the disk's metrics: how long a sync takes, and what failed.
//
// Contract: passes every call on and its answer back.
// Concurrency: as the device beneath; calls that are told come from one thread, the one that writes and syncs.
// Limits: reads pass by it, on the device beneath.
#pragma once

#include <stowage/actors/metrics.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace stowage {

class metered_device final : public block_device {
 public:
  using clock = std::function<std::chrono::steady_clock::time_point()>;

  metered_device(std::shared_ptr<block_device> inner, disk_metrics metrics, clock now)
      : inner_{std::move(inner)}, metrics_{std::move(metrics)}, now_{std::move(now)} {}

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    return inner_->read(offset, out, mode);
  }
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    return told(inner_->write(offset, buffers));
  }
  result<void> sync() override {
    const auto begin = now_();
    auto synced = inner_->sync();
    metrics_.synced_in(now_() - begin);
    return told(std::move(synced));
  }
  result<void> allocate(std::uint64_t size) override { return told(inner_->allocate(size)); }
  result<void> resize(std::uint64_t size) override { return told(inner_->resize(size)); }
  void drop_cache() override { inner_->drop_cache(); }
  [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
  result<void> close() override { return told(inner_->close()); }

 private:
  result<void> told(result<void> outcome) {
    if (!outcome) metrics_.failed(outcome.error().code);
    return outcome;
  }

  std::shared_ptr<block_device> inner_;
  disk_metrics metrics_;
  clock now_;
};

}  // namespace stowage
