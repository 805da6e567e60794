// Numbers nobody else has: of a new store, and of its journal's areas.
//
// Contract: from the system's entropy.
// Concurrency: any thread.
#pragma once

#include <stowage/storage/creation.hpp>

#include <cstdint>

namespace stowage {

[[nodiscard]] std::uint64_t random_number();

[[nodiscard]] store_identity random_identity();

}  // namespace stowage
