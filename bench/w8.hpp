// The processes that W8 starts: each is stowage-bench itself, with a hidden option.
//
// Contract: `open` opens the store, reads one block, says so on stdout and closes it; `overwrite` opens it, makes
// new values durable and ends by SIGKILL.
// Concurrency: one thread.
#pragma once

#include <cstdint>
#include <string>

namespace stowage::bench {

struct w8_process {
  /// "open" or "overwrite"; empty: not one of these processes.
  std::string role;
  std::string store;
  std::uint64_t blocks = 0;
};

void run_w8_process(const w8_process& what);

}  // namespace stowage::bench
