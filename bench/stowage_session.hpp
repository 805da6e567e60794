// A client of a store: requests under way up to a window, put_many for bulk work, blocking calls where the workload
// waits for each.
//
// Contract: as engine.hpp has it. Requests of one session take effect in their order, so a read sees the puts before
// it, and a flush behind ends without anybody waiting for it.
// Concurrency: one thread; the store outlives it.
#pragma once

#include <stowage/bench/engine.hpp>
#include <stowage/bench/running_store.hpp>

#include <memory>

namespace stowage::bench {

enum class reads_by {
  message,  ///< what was accepted is seen
  view,     ///< what is durable is seen; answered where it is asked
};

[[nodiscard]] std::unique_ptr<session> make_stowage_session(running_store& store,
                                                            const session_shape& shape,
                                                            reads_by how);

}  // namespace stowage::bench
