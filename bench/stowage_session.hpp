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

[[nodiscard]] std::unique_ptr<session> make_stowage_session(running_store& store,
                                                            const session_shape& shape);

}  // namespace stowage::bench
