// Reads a block's value, or a range of it, and verifies every byte it returns.
//
// Contract: whole chunks are read and their checksums compared; on a mismatch the chunk is read once more
// past the cache, and then it is corrupt_block{name, offset}. Nothing is repaired or remembered.
// Concurrency: any thread; the extents must stay allocated meanwhile (hold a pin).
// Limits: allocates the chunks the range touches, no more.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/index/block.hpp>

#include <cstdint>
#include <optional>

namespace stowage {

/// The bytes [offset, offset + length) of the value, cut to its end. Fails with corrupt_block, io_error.
[[nodiscard]] result<shared_bytes> read_block(block_device& device, const block& b,
                                              std::uint64_t seed, std::uint64_t offset,
                                              std::uint64_t length);

/// The same without a wait for the medium; nothing where that needs one, or where the bytes do not match. No other
/// failure: `read_block` finds it again.
[[nodiscard]] std::optional<shared_bytes> read_resident_block(block_device& device, const block& b,
                                                              std::uint64_t seed,
                                                              std::uint64_t offset,
                                                              std::uint64_t length);

/// Whether chunk bytes on the device match their checksum; a short device counts as a mismatch. Fails
/// only with io_error.
[[nodiscard]] result<bool> read_chunk(block_device& device, const chunk& c, std::uint64_t seed,
                                      mutable_byte_view out, read_mode mode);

}  // namespace stowage
