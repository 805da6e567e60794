#include <stowage/storage/core/checksum.hpp>

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace stowage {

hash128 checksum(byte_view bytes, std::uint64_t seed) noexcept {
  // On x86-64 xxh_x86dispatch.h maps this name to the variant that fits the CPU.
  const auto h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.low64, h.high64};
}

}  // namespace stowage
