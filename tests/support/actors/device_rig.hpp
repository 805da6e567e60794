// The device of a store under test: in memory, loses what was not synced, fails on demand, tells
// everything it was asked.
//
// Contract: `open()` gives the device a store takes over; the bytes stay here. What the store does to it
// is in `trace`, in order. A device that has lost its power does nothing any more: each call fails.
// Concurrency: one thread.
// Limits: outlives every device it gave.
#pragma once

#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/device/device_call.hpp>
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace stowage::test {

struct traced_operation : device_operation {
  /// A write that only prepares pages.
  bool only_zeros = false;
  /// Of what was written.
  hash128 sum{};

  [[nodiscard]] bool writes_content() const noexcept {
    return call == device_call::write && !only_zeros;
  }
};

class device_rig {
 public:
  /// `image` may be empty: a device without bytes.
  explicit device_rig(std::vector<std::byte> image,
                      std::uint64_t capacity = memory_device::unlimited, std::uint64_t seed = 1) {
    auto memory = std::make_unique<memory_device>(std::move(image), capacity);
    memory_ = memory.get();
    fault_plan plan;
    plan.seed = seed;
    faulty_ = std::make_unique<faulty_device>(std::move(memory), plan);
  }
  device_rig(const device_rig&) = delete;
  device_rig& operator=(const device_rig&) = delete;
  ~device_rig() = default;

  [[nodiscard]] std::unique_ptr<block_device> open() {
    auto traced = std::make_unique<tracing_device>(
        std::make_unique<gate>(*this),
        [this](device_operation operation) {
          traced_operation told{std::move(operation)};
          told.only_zeros = std::ranges::all_of(told.payload.view(),
                                                [](std::byte b) { return b == std::byte{0}; });
          told.sum = checksum(told.payload.view(), 0);
          told.payload = {};
          trace.push_back(std::move(told));
        },
        tracing_device::payloads::keep);
    return std::make_unique<latched_device>(std::move(traced));
  }

  /// The nth call of this kind from now on fails so and does nothing; later ones are fine again.
  void fail_next(device_call call, int os_error, std::uint64_t nth = 1) {
    auto why = fail(os_error == ENOSPC ? errc::no_space : errc::io_error, "injected fault");
    why.os_error = os_error;
    faults_[call] = {nth, std::move(why)};
  }

  /// Called once, inside the next call of this kind: what happens meanwhile.
  void meanwhile(device_call call, std::function<void()> what) {
    meanwhile_[call] = std::move(what);
  }

  [[nodiscard]] std::vector<std::byte> image() const { return memory_->image(); }
  /// What a power loss at this moment leaves. It does not come back.
  [[nodiscard]] std::vector<std::byte> image_after_power_loss() {
    faulty_->lose_power();
    has_power_ = false;
    return image();
  }
  [[nodiscard]] std::uint64_t size() const { return memory_->image().size(); }

  /// Damages the device behind the store's back.
  void flip_byte(std::uint64_t offset) {
    std::byte b{};
    (void)memory_->read(offset, {&b, 1}, read_mode::cached);
    b ^= std::byte{1};
    const byte_view bytes{&b, 1};
    (void)memory_->write(offset, {&bytes, 1});
  }

  void set_capacity(std::uint64_t bytes) { faulty_->set_capacity(bytes); }

  [[nodiscard]] std::uint64_t count(device_call call) const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(trace, [&](const auto& o) { return o.call == call; }));
  }
  [[nodiscard]] bool is_closed() const { return closed_; }

  std::vector<traced_operation> trace;
  /// Sees the buffers of each write before it happens.
  std::function<void(std::span<const byte_view>)> watch_write;

 private:
  class gate final : public block_device {
   public:
    explicit gate(device_rig& rig) : rig_{&rig}, inner_{rig.faulty_.get()} {}
    result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
      if (auto fault = rig_->enter(device_call::read)) return *std::move(fault);
      return inner_->read(offset, out, mode);
    }
    result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
      if (auto fault = rig_->enter(device_call::write)) return *std::move(fault);
      if (rig_->watch_write) rig_->watch_write(buffers);
      return inner_->write(offset, buffers);
    }
    result<void> sync() override {
      if (auto fault = rig_->enter(device_call::sync)) return *std::move(fault);
      return inner_->sync();
    }
    result<void> allocate(std::uint64_t size) override {
      if (auto fault = rig_->enter(device_call::allocate)) return *std::move(fault);
      return inner_->allocate(size);
    }
    result<void> resize(std::uint64_t size) override {
      if (auto fault = rig_->enter(device_call::resize)) return *std::move(fault);
      return inner_->resize(size);
    }
    void drop_cache() override {
      if (rig_->has_power_) inner_->drop_cache();
    }
    [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
    result<void> close() override {
      if (auto fault = rig_->enter(device_call::close)) return *std::move(fault);
      rig_->closed_ = true;
      return inner_->close();
    }

   private:
    device_rig* rig_;
    block_device* inner_;
  };

  struct scheduled_fault {
    std::uint64_t in_calls = 0;
    failure why;
  };

  std::optional<failure> enter(device_call call) {
    if (!has_power_) return fail(errc::io_error, "the power is lost");
    if (auto what = std::exchange(meanwhile_[call], {})) what();
    const auto found = faults_.find(call);
    if (found == faults_.end() || --found->second.in_calls > 0) return std::nullopt;
    auto why = std::move(found->second.why);
    faults_.erase(found);
    return why;
  }

  memory_device* memory_ = nullptr;
  std::unique_ptr<faulty_device> faulty_;
  std::map<device_call, scheduled_fault> faults_;
  std::map<device_call, std::function<void()>> meanwhile_;
  bool closed_ = false;
  bool has_power_ = true;
};

}  // namespace stowage::test
