// Which mutant this process is. Only part of a build with STOWAGE_MUTANTS.
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace stowage::detail {

namespace {

// Generated from the table.
constexpr std::array<std::string_view, STOWAGE_MUTANT_COUNT> names{
#include <stowage_mutant_names.inc>
};

// Nobody shall take a slip of the pen for a mutant that no test notices.
constexpr int unknown_name = 3;

std::string_view select() {
  const char* chosen = std::getenv("STOWAGE_MUTANT");
  if (chosen == nullptr || *chosen == '\0') return {};
  const auto found = std::find(names.begin(), names.end(), std::string_view{chosen});
  if (found != names.end()) return *found;
  std::fprintf(stderr, "STOWAGE_MUTANT=%s: tests/mutation/mutants.md has no such mutant\n", chosen);
  std::_Exit(unknown_name);
}

}  // namespace

const std::string_view selected_mutant = select();

}  // namespace stowage::detail
