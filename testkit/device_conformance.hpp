// Whether an implementation of `block_device` is one: checks of the contract, result, failure and thread rule of each
// call, for any test framework.
//
// Contract: each check makes devices of its own and throws `not_conforming`, which says what the device did and what the
// rule is. What an implementation cannot be made to do (fail, be full, be opened again) is not tried, and said so.
// Concurrency: one check at a time; one of them starts threads that read.
// Limits: nothing here can cut the power of a real disk; how little a sync may leave undone is tried only where
// `after_power_loss` simulates one.
#pragma once

#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/device_call.hpp>
#include <stowage/testkit/complaint.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace stowage::testkit {

/// The implementation at hand. Only `make` has to be there.
struct device_under_test {
  /// A new device without any bytes; what an earlier one held is forgotten.
  std::function<std::unique_ptr<block_device>()> make;
  /// The bytes of the device that was made last, which is gone by then: closed, or destroyed.
  std::function<std::unique_ptr<block_device>()> reopen = {};
  /// The same after a power loss at this moment; the device that was made last is still there.
  std::function<std::unique_ptr<block_device>()> after_power_loss = {};
  /// A new device without any bytes that has no room beyond so many.
  std::function<std::unique_ptr<block_device>(std::uint64_t capacity)> make_limited = {};
  /// A new device without any bytes of which the next call of this kind, after it was armed, fails with this errno.
  /// `arm` becomes the way to do so.
  std::function<std::unique_ptr<block_device>(device_call call, int os_error,
                                              std::function<void()>& arm)>
      make_failing = {};
};

struct not_conforming : std::runtime_error {
  using runtime_error::runtime_error;
};

enum class conformance : std::uint8_t {
  holds,
  /// The implementation has not said how.
  not_tried,
};

struct conformance_check {
  std::string_view name;
  /// One sentence.
  std::string_view rule;
  conformance (*run)(const device_under_test& device);
};

/// All there are. Names are identifiers of C++.
[[nodiscard]] std::span<const conformance_check> device_conformance_checks();

/// Runs the check of this name; `misuse` if there is none.
[[nodiscard]] conformance check_device(std::string_view name, const device_under_test& device);

}  // namespace stowage::testkit
