// What the tests of power cuts and write-back errors share.
#pragma once

#include <iostream>
#include <string>

namespace stowage::test {

/// Says why a case cannot be run here, so that CTest counts it as skipped.
inline bool says_skipped(const std::string& why) {
  if (!why.empty()) std::cout << "skipped: " << why << std::endl;
  return !why.empty();
}

/// Ends the case where there is a reason.
#define SKIP_IF(why_unavailable)                                \
  do {                                                          \
    if (::stowage::test::says_skipped(why_unavailable)) return; \
  } while (false)

}  // namespace stowage::test
