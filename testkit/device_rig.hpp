// The device of a store under test: in memory, loses what was not synced, fails on demand, tells
// everything it was asked.
//
// Contract: `open()` gives the device a store takes over; the bytes stay here. What the store does to it
// is in `trace`, in order. A fault that was asked for happens once, to the nth call of its kind from then on; the
// calls after it are fine again, though the store will not make many of them. A device that has lost its power does
// nothing any more: each call fails.
// Concurrency: one thread.
// Limits: outlives every device it gave.
#pragma once

#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/device/device_call.hpp>
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stowage::testkit {

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
  /// `image` may be empty: a device without bytes. What a power loss leaves is chosen by the seed.
  explicit device_rig(std::vector<std::byte> image,
                      std::uint64_t capacity = memory_device::unlimited, std::uint64_t seed = 1);
  device_rig(const device_rig&) = delete;
  device_rig& operator=(const device_rig&) = delete;
  ~device_rig() = default;

  [[nodiscard]] std::unique_ptr<block_device> open();

  // -- faults ---------------------------------------------------------------------------------------------

  /// The nth call of this kind from now on fails so and does nothing; later ones are fine again.
  void fail_next(device_call call, int os_error, std::uint64_t nth = 1);
  void fail_next_read(int os_error = EIO, std::uint64_t nth = 1) {
    fail_next(device_call::read, os_error, nth);
  }
  void fail_next_write(int os_error = EIO, std::uint64_t nth = 1) {
    fail_next(device_call::write, os_error, nth);
  }
  void fail_next_sync(int os_error = EIO, std::uint64_t nth = 1) {
    fail_next(device_call::sync, os_error, nth);
  }
  void fail_next_allocate(int os_error = ENOSPC, std::uint64_t nth = 1) {
    fail_next(device_call::allocate, os_error, nth);
  }
  /// The device grows by so many bytes more and no further.
  void no_space_after(std::uint64_t bytes) { set_capacity(size() + bytes); }
  void space_again() { set_capacity(memory_device::unlimited); }
  /// The power is lost during the call after the next `calls` ones that change the device (write, sync, allocate,
  /// resize): of what was not synced by then, each sector is there, is not, or is garbage.
  void crash_after(std::uint64_t calls);
  /// Damages the device behind the store's back.
  void flip_byte(std::uint64_t offset);

  /// Faults that were asked for and have not happened yet, in words; a device that is full counts for none.
  [[nodiscard]] std::vector<std::string> faults_to_come() const;
  void forget_faults();

  void set_capacity(std::uint64_t bytes) { faulty_->set_capacity(bytes); }
  /// Called once, inside the next call of this kind: what happens meanwhile.
  void meanwhile(device_call call, std::function<void()> what);

  // -- what is there --------------------------------------------------------------------------------------

  [[nodiscard]] std::vector<std::byte> image() const { return memory_->image(); }
  /// What is there after a power loss at this moment for certain: nothing that was not synced.
  [[nodiscard]] std::vector<std::byte> synced_image() const;
  /// What a power loss at this moment leaves. It does not come back.
  [[nodiscard]] std::vector<std::byte> image_after_power_loss();
  [[nodiscard]] bool has_power() const noexcept { return has_power_; }
  [[nodiscard]] std::uint64_t size() const { return memory_->image().size(); }
  [[nodiscard]] std::uint64_t count(device_call call) const;
  [[nodiscard]] bool is_closed() const noexcept { return closed_; }

  std::vector<traced_operation> trace;
  /// Sees the buffers of each write before it happens.
  std::function<void(std::span<const byte_view>)> watch_write;
  /// Called when `crash_after` comes true, from inside the call.
  std::function<void()> on_power_loss;

 private:
  class gate;
  struct scheduled_fault {
    std::uint64_t in_calls = 0;
    failure why;
  };

  [[nodiscard]] std::optional<failure> enter(device_call call,
                                             std::optional<std::uint64_t> offset = {});
  [[nodiscard]] bool loses_power_during(device_call call);

  memory_device* memory_ = nullptr;
  std::unique_ptr<faulty_device> faulty_;
  std::map<device_call, scheduled_fault> faults_;
  std::map<device_call, std::function<void()>> meanwhile_;
  std::optional<std::uint64_t> calls_until_crash_;
  bool closed_ = false;
  bool has_power_ = true;
};

}  // namespace stowage::testkit
