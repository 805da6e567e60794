// Carries out a write plan on a device.
//
// Contract: values, then (two-phase) a sync, then records, then the superblock, then one sync; success
// means everything in the plan is durable. The first failure ends it and is returned; nothing after it
// is written.
// Concurrency: on the one thread that writes and syncs.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/log/write_plan.hpp>

namespace stowage {

[[nodiscard]] result<void> execute(const write_plan& plan, block_device& device);

}  // namespace stowage
