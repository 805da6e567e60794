// The conformance checks one by one, and what they have in common; for `device_conformance`.
//
// Contract: each throws `not_conforming` where the device breaks the rule that stands beside its name there.
#pragma once

#include <stowage/testkit/device_conformance.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stowage::testkit::device_checks {

// Of bytes: device_checks_bytes.cpp
conformance a_new_device_has_no_bytes(const device_under_test& device);
conformance what_is_written_is_read_at_once(const device_under_test& device);
conformance buffers_are_written_one_after_another(const device_under_test& device);
conformance later_writes_replace_earlier_ones(const device_under_test& device);
conformance writes_change_nothing_beside_them(const device_under_test& device);
conformance nothing_is_a_size_as_well(const device_under_test& device);
conformance reads_end_where_the_device_does(const device_under_test& device);
conformance writes_beyond_the_end_are_refused(const device_under_test& device);
conformance allocated_bytes_are_zeros(const device_under_test& device);
conformance allocating_less_changes_nothing(const device_under_test& device);
conformance what_is_cut_off_does_not_come_back(const device_under_test& device);
conformance resize_does_not_grow(const device_under_test& device);
conformance a_full_device_says_so_and_stays_as_it_is(const device_under_test& device);

// Of durability, failures, threads and the end: device_checks_life.cpp
conformance syncs_change_nothing_that_is_read(const device_under_test& device);
conformance a_dropped_cache_loses_nothing(const device_under_test& device);
conformance what_is_synced_is_there_when_opened_again(const device_under_test& device);
conformance a_power_loss_takes_nothing_that_was_synced(const device_under_test& device);
conformance a_failed_read_says_where(const device_under_test& device);
conformance a_failed_write_says_where(const device_under_test& device);
conformance a_failed_sync_is_told(const device_under_test& device);
conformance a_failed_allocate_changes_nothing(const device_under_test& device);
conformance a_failed_resize_is_told(const device_under_test& device);
conformance threads_read_beside_the_one_that_writes(const device_under_test& device);
conformance a_closed_device_does_nothing(const device_under_test& device);

// -- what they have in common -------------------------------------------------------------------------------

using device_ptr = std::unique_ptr<block_device>;

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
constexpr std::uint64_t device_bytes = 3 * mib + 1234;
constexpr std::uint64_t sector = 512;

inline void require(bool holds, const std::string& what) {
  if (!holds) throw not_conforming{what};
}

template <class T>
void require_ok(const result<T>& outcome, const std::string& what) {
  if (!outcome) throw not_conforming{what + " failed: " + describe(outcome.error())};
}

/// Bytes of a place, not like those of any other nearby.
inline std::string pattern(std::uint64_t at, std::uint64_t size, char mark) {
  std::string text;
  text.reserve(size + 32);
  while (text.size() < size) text += mark + std::to_string(at + text.size()) + ",";
  text.resize(size);
  return text;
}

inline std::string place(std::uint64_t offset, std::uint64_t size) {
  return std::to_string(size) + " bytes at " + std::to_string(offset);
}

inline std::string read(block_device& device, std::uint64_t offset, std::uint64_t size,
                        read_mode mode = read_mode::cached) {
  std::string text(size, '?');
  const auto got = device.read(offset, std::as_writable_bytes(std::span{text}), mode);
  require_ok(got, "a read of " + place(offset, size));
  require(*got <= size, "a read answers more bytes than it was asked for");
  text.resize(*got);
  return text;
}

inline void require_bytes(block_device& device, std::uint64_t offset, std::string_view expected,
                          const std::string& when, read_mode mode = read_mode::cached) {
  const auto found = read(device, offset, expected.size(), mode);
  require(found.size() == expected.size(), when + ", a read of " + place(offset, expected.size()) +
                                               " brings " + std::to_string(found.size()) +
                                               " bytes");
  const auto [here, there] = std::ranges::mismatch(found, expected);
  require(here == found.end(),
          when + ", the byte at " +
              std::to_string(offset + static_cast<std::uint64_t>(here - found.begin())) +
              " is not what it should be");
}

inline result<void> write(block_device& device, std::uint64_t offset, std::string_view text) {
  const auto buffer = as_bytes(text);
  return device.write(offset, {&buffer, 1});
}

inline void must_write(block_device& device, std::uint64_t offset, std::string_view text) {
  require_ok(write(device, offset, text), "a write of " + place(offset, text.size()));
}

/// A new device of so many bytes.
inline device_ptr made(const device_under_test& device, std::uint64_t size = device_bytes) {
  auto one = device.make();
  require_ok(one->allocate(size), "allocate(" + std::to_string(size) + ")");
  return one;
}

/// What must not be done is refused or breaks an invariant; it never succeeds.
template <class F>
void require_refused(const std::string& what, F does) {
  try {
    require(!does().ok(), what + " succeeds");
  } catch (const invariant_violation&) {
    // That is one way to refuse.
  }
}

}  // namespace stowage::testkit::device_checks
