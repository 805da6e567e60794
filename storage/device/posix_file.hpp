// What opening and creating a store's file share; for `posix_device` and `posix_creation` alone.
//
// Contract: every failure names the path, and carries errno.
// Concurrency: plain values and system calls; one owner each.
// Limits: Linux (open file description locks, O_DIRECT, /proc).
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/descriptor.hpp>
#include <stowage/storage/device/posix_device.hpp>

#include <cerrno>
#include <memory>
#include <string>

struct stat;

namespace stowage::posix {

using stowage::descriptor;

/// Repeats `call` while a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) noexcept {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

[[nodiscard]] failure system_failure(errc code, int os_error, std::string detail);

/// Why the system refused a path, as the store says it.
[[nodiscard]] failure path_failure(int os_error, const std::string& path);

/// Only a regular file holds a store; what else `path` is, the failure says.
[[nodiscard]] result<void> require_regular(const struct stat& status, const std::string& path);

/// Locks the whole file for its open file description, exclusively for writers; never waits.
[[nodiscard]] result<void> lock_whole_file(const descriptor& file, open_mode mode,
                                           const std::string& path);

/// A device on a locked file of `size` bytes.
[[nodiscard]] result<std::unique_ptr<block_device>> adopt(descriptor file, open_mode mode,
                                                          std::uint64_t size);

}  // namespace stowage::posix
