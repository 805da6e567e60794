// A socket that takes connections, and how many there can be.
//
// Contract: from `open_listener` on clients can connect; they wait until somebody accepts them.
// Concurrency: any thread.
#pragma once

#include <stowage/config/endpoint.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <cstdint>

namespace stowage::resp {

struct listener {
  descriptor socket;
  /// With the port it has got.
  endpoint where;
};

/// Fails with io_error and the system's error.
[[nodiscard]] result<listener> open_listener(const endpoint& where);

/// Raises the number of descriptors this process may have to the most it may ask for; answers how many.
std::uint64_t raise_descriptor_limit();

}  // namespace stowage::resp
