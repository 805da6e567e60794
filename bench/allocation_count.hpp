// How often this process has allocated memory, libraries included: malloc itself is replaced by one that counts.
//
// Contract: calls of malloc, calloc, realloc and the aligned ones since the program began; C++'s `new` is among them.
// Concurrency: any thread. A thread counts in a place of its own, so that counting is no part of what is measured.
// Limits: glibc; 0 in builds with sanitizers, which have a malloc of their own.
#pragma once

#include <cstdint>

namespace stowage::bench {

[[nodiscard]] std::uint64_t allocation_count() noexcept;

}  // namespace stowage::bench
