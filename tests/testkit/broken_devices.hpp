// Block devices that break one rule each, for the suite that has to catch them.
#pragma once

#include <stowage/storage/device/block_device.hpp>
#include <stowage/testkit/device_conformance.hpp>

#include <cstdint>
#include <functional>
#include <ostream>
#include <span>
#include <vector>

namespace stowage::testkit {

/// Everything a broken device may do differently.
struct breakage {
  std::function<result<std::size_t>(block_device&, std::uint64_t, mutable_byte_view, read_mode)>
      read = {};
  std::function<result<void>(block_device&, std::uint64_t, std::span<const byte_view>)> write = {};
  std::function<result<void>(block_device&)> sync = {};
  std::function<result<void>(block_device&, std::uint64_t)> allocate = {};
  std::function<result<void>(block_device&, std::uint64_t)> resize = {};
  std::function<void(block_device&)> drop_cache = {};
  std::function<std::uint64_t(const block_device&)> size = {};
  std::function<result<void>(block_device&)> close = {};
};

/// Whoever breaks a rule, and how the check says so.
struct offender {
  const char* check;
  const char* how;
  const char* says;
  std::function<breakage()> breaks;
};

inline std::ostream& operator<<(std::ostream& out, const offender& o) {
  return out << o.check << ": " << o.how;
}

/// At least one for each check.
[[nodiscard]] const std::vector<offender>& offenders();

/// The sound device, broken so.
[[nodiscard]] device_under_test with(const device_under_test& sound, const breakage& how);

}  // namespace stowage::testkit
