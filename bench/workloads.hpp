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
/// 50,000 blocks overwritten ten times in random order, durable every 1,000: of 4 KiB, and of 100 B to 1 MiB with
/// lengths spread evenly over their logarithm. Also how long the file is beside what lives in it, while that runs
/// and after a compaction, and what a client notices of a compaction.
void run_w7(const options& how);
/// Opening a store of a million blocks of 128 B in a new process and reading one of them: after an orderly close, and
/// after the process before was killed. Also the memory that takes.
void run_w8(const options& how);

}  // namespace stowage::bench
