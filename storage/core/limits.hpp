// The limits of the store and of its format, each with its reason.
#pragma once

#include <cstdint>

namespace stowage::limits {

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;
inline constexpr std::uint64_t tib = 1024 * gib;

/// Bytes of a block's name: at least 1.
inline constexpr std::uint64_t name_bytes_max = 1024;
/// Bytes of a block's value; 0 is a value.
inline constexpr std::uint64_t value_bytes_max = 64 * mib;
/// Bytes of the file.
inline constexpr std::uint64_t file_bytes_max = std::uint64_t{1} << 48U;
/// Blocks in a store.
inline constexpr std::uint64_t blocks_max = std::uint64_t{1} << 32U;

/// Ops in one transaction, bytes of its values, bytes of its names: what always fits one record.
inline constexpr std::uint64_t transaction_ops_max = 65'536;
inline constexpr std::uint64_t transaction_value_bytes_max = 64 * mib;
inline constexpr std::uint64_t transaction_name_bytes_max = 8 * mib;

/// Bytes under one checksum: a range read verifies only the chunks it touches.
inline constexpr std::uint64_t chunk_bytes_max = 4 * mib;
/// Chunks of one value when free space is so fragmented that each page stands alone.
inline constexpr std::uint64_t chunks_per_block_max = value_bytes_max / 4096;
/// Values from here on get pages of their own; smaller ones are packed.
inline constexpr std::uint64_t packed_value_bytes_end = 64 * kib;
/// Packed values start at multiples of this.
inline constexpr std::uint64_t packing_unit = 64;

/// Bytes of one journal record, and of the values of one group.
inline constexpr std::uint64_t record_bytes_max = 16 * mib;
inline constexpr std::uint64_t group_value_bytes_max = 64 * mib;

/// Bytes of a journal area: the smallest, the largest chosen on purpose, and the largest a reader believes,
/// who may have to look through all of it.
inline constexpr std::uint64_t journal_area_bytes_min = 1 * mib;
inline constexpr std::uint64_t journal_area_bytes_max = 32 * mib;
inline constexpr std::uint64_t journal_area_bytes_limit = 64 * mib;

/// Bytes of a checkpoint page, except one that holds a single larger entry.
inline constexpr std::uint64_t checkpoint_page_bytes = 64 * kib;
/// Bytes of checkpoint that ride in one group.
inline constexpr std::uint64_t checkpoint_slice_bytes = 4 * mib;

/// A version lost in a crash is never given again: after one, numbering goes on this far beyond.
inline constexpr std::uint64_t version_gap_after_crash = std::uint64_t{1} << 32U;

}  // namespace stowage::limits
