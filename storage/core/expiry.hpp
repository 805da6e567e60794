// When a block is past its expiry.
//
// Contract: expiry is Unix time in ms, 0 = never; from that moment on the block is absent. What time it is comes
// from the caller.
// Concurrency: pure.
#pragma once

#include <cstdint>

namespace stowage {

[[nodiscard]] constexpr bool has_expired(std::uint64_t expires_at_ms,
                                         std::uint64_t now_ms) noexcept {
  return expires_at_ms != 0 && expires_at_ms <= now_ms;
}

}  // namespace stowage
