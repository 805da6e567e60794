// Counts the allocations of this test program: what shows leaks, and how densely nodes are packed.
#pragma once

#include <cstdint>

namespace stowage::test {

/// Calls of operator new less those of operator delete, of all threads since the start.
[[nodiscard]] std::int64_t live_allocations() noexcept;

}  // namespace stowage::test
