// What the tests of power cuts and write-back errors share.
#pragma once

#include <sys/types.h>

#include <functional>
#include <iostream>
#include <string>
#include <vector>

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

/// What stays for others to clean up when the test is killed.
struct left_behind {
  /// The file system that does, and where it and others are mounted.
  pid_t server = -1;
  std::vector<std::string> mountpoints;
};

/// Runs `mount` in a process of its own, which is killed once it has called `ready`; waits for the server's
/// end, and requires that nothing is mounted any more and no loop device has its file there.
void require_clean_after_a_kill(
    const std::function<void(const std::function<void(const left_behind& what)>& ready)>& mount);

}  // namespace stowage::test
