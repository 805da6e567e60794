// XXH3-128, the one checksum of the store.
//
// Contract: `checksum(bytes, seed)` is XXH3_128bits_withSeed of xxHash 0.8, computed with the fastest
// SIMD variant this CPU has (chosen at run time; every variant gives the same value).
// Concurrency: pure functions.
// Limits: it finds accidents, not attackers: XXH3 is not a cryptographic hash.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <compare>
#include <cstdint>

namespace stowage {

struct hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend constexpr auto operator<=>(const hash128&, const hash128&) noexcept = default;
};

[[nodiscard]] hash128 checksum(byte_view bytes, std::uint64_t seed) noexcept;

}  // namespace stowage
