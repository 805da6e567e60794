// The named workloads.
//
// Contract: each prints its table; what an engine holds at the end of a round is read back and compared, a
// difference throws.
// Concurrency: one at a time.
#pragma once

#include <stowage/bench/harness.hpp>

namespace stowage::bench {

/// 500 updates of 4 KiB over 500 existing blocks in random order, accepted, then one flush.
void run_w1(const options& how);
/// Durable puts of 4 KiB, one at a time for each client: 1, 8 and 64 clients, and 64 outstanding of one.
void run_w3(const options& how);
/// Bulk load of 128 B, 4 KiB and 1 MiB values, durable once at the end.
void run_w4(const options& how);

}  // namespace stowage::bench
