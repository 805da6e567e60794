// What every fuzz target is made of: a function of bytes, first inputs, and how a broken promise is told.
//
// Contract: a target defines `run` and `seeds`. `run` takes any bytes at all; it returns, or it ends the
// process where the code under test broke a promise, and whoever drives it keeps the input. The same bytes
// always do the same. Built by clang with STOWAGE_FUZZERS, libFuzzer drives it; otherwise `replay_main` runs
// the seeds and the committed corpus through it.
// Concurrency: one thread.
// Limits: checksums are no test of anything here: a target makes those right that its input cannot guess, so
// that what stands behind them is reached.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace stowage::fuzz {

using bytes = std::vector<std::byte>;

/// One input.
void run(byte_view input);

/// Longer inputs say nothing new, and cost time.
extern const std::size_t input_bytes_max;

/// Inputs that are worth starting from.
[[nodiscard]] std::vector<bytes> seeds();

/// A seed of these bytes, then those.
[[nodiscard]] bytes seed_of(std::initializer_list<unsigned> numbers, byte_view first = {},
                            byte_view second = {});

/// Says what was promised and ends the process.
[[noreturn]] void broken(std::string_view promise);

inline void require(bool holds, std::string_view promise) {
  if (!holds) [[unlikely]]
    broken(promise);
}

}  // namespace stowage::fuzz
