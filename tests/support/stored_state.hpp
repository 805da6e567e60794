// What a store's file holds: recovered without its actors, every value read and verified.
//
// Contract: values become their stamps; what no write ever had as a value becomes a text that is no stamp.
// `read_stored_state` writes nothing; `recover_stored_state` recovers read-write, as the next open does.
// Concurrency: as recovery: nobody else has the file open (for writing).
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/history_recorder.hpp>

#include <optional>
#include <string>

namespace stowage::test {

struct stored_state {
  state_of_blocks blocks;
  generation gen;
  bool was_clean = false;
  std::optional<dropped_tail> dropped;
};

/// Fails as opening and `recover` do, with corrupt_block, or with the damage that was found.
[[nodiscard]] result<stored_state> read_stored_state(const std::string& path);
[[nodiscard]] result<stored_state> recover_stored_state(const std::string& path);

}  // namespace stowage::test
