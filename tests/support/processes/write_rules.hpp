// How a store's file is written, as its system calls show it.
//
// Contract: each rule that the calls of one program break is one line of the result. R11: two descriptors can
// write to the file, one of them past the page cache, each opened once and kept; who opened them writes first
// (creation, recovery), then one other thread; syncs go to the first descriptor only. R12: the file is not
// mapped for writing. R3: a durable answer comes after a sync that succeeded and had begun after the last
// write of the group, where there is one client (`client_event` lines on stdout).
// Concurrency: a pure function.
// Limits: sees `strace -f -y` of a whole program; in R3 it takes any write between question and answer.
#pragma once

#include <stowage/tests/support/processes/strace_log.hpp>

#include <string>
#include <vector>

namespace stowage::test {

[[nodiscard]] std::vector<std::string> broken_write_rules(const std::vector<traced_call>& calls,
                                                          const std::string& path);

}  // namespace stowage::test
