// Reads of blocks by way of the payload cache.
//
// Contract: as `read_block`: every byte given was verified, now or when it entered the cache. What is kept under a key
// is the whole value, found again only for the same version at the same place. What was read since it was written and is
// overwritten now has its new value kept in place of the old one, so that a block which is both read and written is
// read from memory; only a view that reads between the publication of a group and that, moments later, reads the device.
// Concurrency: any thread.
// Limits: of a value in several chunks a range is read and not kept; nor is a value that the cache finds too large.
#pragma once

#include <stowage/storage/cache/payload_cache.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/op.hpp>
#include <stowage/storage/index/block.hpp>

#include <cstdint>
#include <optional>

namespace stowage {

/// The bytes [offset, offset + length) of the value, cut to its end, if no read is needed for them.
[[nodiscard]] std::optional<shared_bytes> find_in_cache(payload_cache& cache, const block& b,
                                                        std::uint64_t offset, std::uint64_t length);

/// The same from the device, kept for the next time. Fails with corrupt_block, io_error, closed.
[[nodiscard]] result<shared_bytes> read_into_cache(payload_cache& cache, block_device& device,
                                                   const block& b, std::uint64_t seed,
                                                   std::uint64_t offset, std::uint64_t length);

/// The same from what of the device lies in memory; nothing where that is not all, or does not match.
[[nodiscard]] std::optional<shared_bytes> read_resident_into_cache(
    payload_cache& cache, block_device& device, const block& b, std::uint64_t seed,
    std::uint64_t offset, std::uint64_t length);

/// False where its value is never kept: it has no bytes, or more than the cache takes.
[[nodiscard]] bool may_be_in_cache(const payload_cache& cache, const block& b) noexcept;

/// The block is not part of the newest state any more, or lies elsewhere. True if its value was kept.
bool remove_from_cache(payload_cache& cache, const block& old);

/// Keeps a copy of the value that the PUT `o` has written.
void keep_in_cache(payload_cache& cache, const op& o, byte_view value);

}  // namespace stowage
