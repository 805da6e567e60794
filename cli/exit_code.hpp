// The exit codes of the binary: one table from what failed to what scripts see.
//
// Contract: frozen. Every `errc` has exactly one code.
// Concurrency: pure functions.
#pragma once

#include <stowage/storage/core/errc.hpp>

namespace stowage::cli {

enum class exit_code : int {
  ok = 0,
  usage = 1,      ///< the command line or the config
  damaged = 2,    ///< a corrupt block or store, or a truncated one
  locked = 3,     ///< someone else has the store open
  failed = 4,     ///< I/O error, permission, poisoned, outcome unknown
  not_found = 5,  ///< the block, or the store itself
  no_space = 6,
  conflict = 7,     ///< another version, or something is at the path already
  limit = 8,        ///< a name, a value or a path is too long
  not_a_store = 9,  ///< something else, or a newer format
  read_only = 10,
  busy = 75,  ///< try again
};

[[nodiscard]] exit_code exit_code_of(errc code) noexcept;

}  // namespace stowage::cli
