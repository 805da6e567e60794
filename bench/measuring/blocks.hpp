// Blocks by number: what they are called, and whether one holds what it must.
//
// Contract: the order of names is that of the numbers below 10^8.
// Concurrency: pure.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace stowage::bench {

[[nodiscard]] std::string block_name(std::uint64_t block);

/// Throws if the bytes differ, and says whose they are.
void require_equal(std::string_view engine, std::uint64_t block, byte_view found,
                   byte_view expected);

}  // namespace stowage::bench
