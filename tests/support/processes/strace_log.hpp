// What strace wrote down of a program's system calls.
//
// Contract: `parse_strace_log` reads the output of `strace -f -o FILE`: one call each, also where it was
// interrupted by others (`unfinished`, `resumed`), in the order they began.
// Concurrency: plain values.
// Limits: arguments as strace shows them; signals and exits are left out.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

struct traced_call {
  int thread = 0;
  std::string name;
  /// Between the parentheses.
  std::string arguments;
  /// Behind the `=`; empty if it never returned.
  std::string answer;
  /// Lines of the log.
  std::size_t began = 0;
  std::size_t ended = 0;

  [[nodiscard]] bool injected() const { return answer.find("(INJECTED") != std::string::npos; }
  /// Returned, and no error.
  [[nodiscard]] bool succeeded() const {
    return !answer.empty() && answer.front() != '-' && answer.front() != '?';
  }
};

[[nodiscard]] std::vector<traced_call> parse_strace_log(std::string_view text);

/// The most calls of each name that a single thread made: strace counts for each thread on its own.
[[nodiscard]] std::map<std::string, std::size_t> calls_of_busiest_thread(
    const std::vector<traced_call>& calls);

}  // namespace stowage::test
