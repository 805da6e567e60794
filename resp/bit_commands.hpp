// Commands of single bits of a value: bit 0 is the highest of the first byte.
//
// Contract: a command of blocks each. Setting a bit behind the end makes the value as long as it takes.
// Concurrency: pure functions.
// Limits: no bit lies beyond the longest value.
#pragma once

#include <stowage/resp/command.hpp>

namespace stowage::resp {

[[nodiscard]] reply getbit_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply setbit_command(const arguments& args, block_view& blocks);

}  // namespace stowage::resp
