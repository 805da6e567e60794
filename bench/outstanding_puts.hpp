// One actor that keeps so many durable puts under way.
//
// Contract: returns when all are durable.
// Concurrency: one thread, outside of actors.
#pragma once

#include <stowage/bench/measuring/value_source.hpp>
#include <stowage/bench/running_store.hpp>

#include <cstdint>

namespace stowage::bench {

/// Op n puts the value `first_value` + n to the block n modulo `blocks`.
struct outstanding_puts {
  std::uint64_t blocks = 0;
  std::uint64_t first_value = 0;
  std::uint64_t ops = 0;
  std::uint64_t outstanding = 0;
};

void put_outstanding(running_store& store, const value_source& values,
                     const outstanding_puts& what);

}  // namespace stowage::bench
