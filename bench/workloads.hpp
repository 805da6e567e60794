// The named workloads.
//
// Contract: each adds its tables and charts to the report; what an engine gives back is compared with what it was
// given, a difference throws.
// Concurrency: one at a time.
#pragma once

#include <stowage/bench/measuring/report.hpp>
#include <stowage/bench/options.hpp>

namespace stowage::bench {

/// 500 updates of 4 KiB over 500 existing blocks in random order, accepted, then one flush.
void run_w1(const options& how, report& out);
/// Groups of 50 updates, each durable before the next: 128 B, 4 KiB, 64 KiB, 1 MiB.
void run_w2(const options& how, report& out);
/// Durable puts of 4 KiB, one at a time for each client: 1, 8 and 64 clients, and 64 outstanding of one.
void run_w3(const options& how, report& out);
/// Bulk load of 128 B, 4 KiB and 1 MiB values, durable once at the end.
void run_w4(const options& how, report& out);
/// Random reads of 100,000 hot blocks of 4 KiB, by 1 and 2 threads.
void run_w5(const options& how, report& out);
/// Reads and updates in turns, zipfian over 100,000 blocks of 4 KiB: one flush at the end, and durable every 50 updates.
void run_w6(const options& how, report& out);
/// 50,000 blocks overwritten ten times in random order, durable every 1,000: of 4 KiB, and of 100 B to 1 MiB with
/// lengths spread evenly over their logarithm. Also how much the files take beside what lives in them, how long a new
/// process needs after a SIGKILL, and what a client notices of a compaction.
void run_w7(const options& how, report& out);
/// Opening a store of a million blocks of 128 B in a new process and reading one of them: after an orderly close, and
/// after the process before was killed. Also the memory that takes.
void run_w8(const options& how, report& out);
/// Reads and updates over 10^4 blocks of 128 B to 10^6 and more; opening them, and the memory of a block.
void run_scale(const options& how, report& out);

}  // namespace stowage::bench
