// Mutants: the engine broken on purpose in one place, so that a gate can prove that the tests notice.
//
// Contract: `mutant(name)` tells whether this process is the mutant of that name, out of tests/mutation/mutants.md.
// In an ordinary build the compiler answers no: neither the broken branch nor the name reaches the binary.
// A build with STOWAGE_MUTANTS compares with the environment variable STOWAGE_MUTANT, read once.
// Concurrency: callable anywhere, any time after static initialization.
// Limits: one mutant at a time.
#pragma once

#include <string_view>

namespace stowage {

#ifdef STOWAGE_MUTANTS

namespace detail {

/// Empty if none was selected. Defined in tests/mutation.
extern const std::string_view selected_mutant;

}  // namespace detail

inline bool mutant(std::string_view name) noexcept { return name == detail::selected_mutant; }

#else

// Not constexpr: an immediate call leaves no string behind in a build without optimization either.
consteval bool mutant(std::string_view /*name*/) noexcept { return false; }

#endif

}  // namespace stowage
