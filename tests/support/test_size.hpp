// How much of a suite to run.
#pragma once

#include <cstdlib>
#include <string_view>

namespace stowage::test {

/// By the environment variable STOWAGE_TEST_SIZE: small (also where it is not set), full or long.
template <class T>
T by_size(T small, T full, T longest) {
  const char* size = std::getenv("STOWAGE_TEST_SIZE");
  const std::string_view chosen = size == nullptr ? "" : size;
  if (chosen == "long") return longest;
  return chosen == "full" ? full : small;
}

}  // namespace stowage::test
