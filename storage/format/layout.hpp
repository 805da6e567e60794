// Where things stand in the file: every offset of format 1.0 by arithmetic.
//
// Contract: these numbers are the format; docs/on-disk-format.md shows them as tables and the golden
// image proves them. They change only with a new format version.
#pragma once

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace stowage::layout {

inline constexpr std::uint16_t format_major = 1;
inline constexpr std::uint16_t format_minor = 0;

/// Feature bits this program knows. Unknown compat bits are ignored, unknown ro_compat bits allow
/// reading only, unknown incompat bits refuse.
inline constexpr std::uint64_t known_ro_compat = 0;
inline constexpr std::uint64_t known_incompat = 0;

/// As in PNG: the high bit finds 7-bit transfers, CR LF and LF find text conversion, 0x1A ends `type`.
inline constexpr std::array<unsigned char, 16> superblock_magic{
    0xd3, 'S', 't', 'o', 'w', 'a', 'g', 'e', ' ', 's', 't', 'r', 0x0d, 0x0a, 0x1a, 0x0a};

// -- file -------------------------------------------------------------------------------------------
/// Two slots 64 KiB apart, so that one torn or misdirected large write does not take both.
inline constexpr std::array<std::uint64_t, 2> superblock_offset{0, 65'536};
inline constexpr std::uint64_t superblock_bytes = page_size;
/// Pages from here on hold data runs, journal areas and checkpoints.
inline constexpr std::uint64_t data_start = 131'072;

static_assert(superblock_offset[1] + superblock_bytes <= data_start);
static_assert(data_start % page_size == 0);

// -- sizes shared by several structures -------------------------------------------------------------
inline constexpr std::size_t hash_bytes = 16;
inline constexpr std::size_t area_ref_bytes = 8 + 8 + 8;
inline constexpr std::size_t chunk_bytes = 8 + 4 + hash_bytes;
static_assert(chunk_bytes == 28);

// -- superblock -------------------------------------------------------------------------------------
inline constexpr std::size_t root_bytes =
    8 + 8 + hash_bytes + 8 + 8 + area_ref_bytes + 8 + hash_bytes + area_ref_bytes;
static_assert(root_bytes == 120);

inline constexpr std::size_t superblock_fields_bytes =
    16 + 2 + 2 + 4 + 3 * 8 + 16 + 4 * 8 + 4 + 4 + 8 + 8 + 2 * root_bytes;
static_assert(superblock_fields_bytes == 360);
inline constexpr std::size_t superblock_hash_at = superblock_bytes - hash_bytes;
static_assert(superblock_hash_at == 4080);

inline constexpr std::uint32_t superblock_flag_clean = 1;

// -- journal record ---------------------------------------------------------------------------------
inline constexpr std::uint64_t record_magic = 0x0a1a'4a57'4f54'53d2;  // d2 "STOWJ" 1a 0a
inline constexpr std::size_t record_header_bytes =
    8 + 2 + 2 + 4 + 4 + 4 + 4 + 4 + 5 * 8 + hash_bytes + area_ref_bytes + hash_bytes + hash_bytes;
static_assert(record_header_bytes == 144);
inline constexpr std::size_t record_header_hash_at = record_header_bytes - hash_bytes;

inline constexpr std::size_t op_fixed_bytes = 1 + 1 + 2 + 2 + 2 + 8 + 8 + 8;
static_assert(op_fixed_bytes == 32);
inline constexpr std::uint16_t known_op_flags = 0;

// -- checkpoint -------------------------------------------------------------------------------------
inline constexpr std::uint64_t manifest_magic = 0x0a1a'4d57'4f54'53d2;  // d2 "STOWM" 1a 0a
inline constexpr std::size_t manifest_header_bytes = 8 + 2 + 2 + 4 + 8 + 8 + 8 + 8;
static_assert(manifest_header_bytes == 48);
inline constexpr std::size_t page_ref_fixed_bytes = 8 + 4 + 4 + hash_bytes + 2;
static_assert(page_ref_fixed_bytes == 34);

inline constexpr std::uint64_t checkpoint_page_magic = 0x0a1a'4357'4f54'53d2;  // d2 "STOWC" 1a 0a
inline constexpr std::size_t checkpoint_page_header_bytes = 8 + 8 + 4 + 4;
static_assert(checkpoint_page_header_bytes == 24);
/// A page that holds one entry of the longest name and the most chunks.
inline constexpr std::uint64_t checkpoint_page_bytes_max =
    round_up_to_page(checkpoint_page_header_bytes + op_fixed_bytes + limits::name_bytes_max +
                     limits::chunks_per_block_max * chunk_bytes);
static_assert(checkpoint_page_bytes_max == 462'848);
static_assert(checkpoint_page_bytes_max >= limits::checkpoint_page_bytes);

static_assert(limits::journal_area_bytes_min >= 2 * page_size);

}  // namespace stowage::layout
