#include <stowage/storage/execute_plan.hpp>

#include <stowage/storage/core/mutant.hpp>

#include <vector>

namespace stowage {

namespace {

result<void> write_all(const std::vector<device_write>& writes, block_device& device) {
  std::vector<byte_view> views;
  for (const auto& w : writes) {
    views.clear();
    for (const auto& b : w.buffers) views.push_back(b.view());
    if (auto written = device.write(w.offset, views); !written && !mutant("write-error-swallowed"))
      return written;
  }
  return {};
}

}  // namespace

result<void> execute(const write_plan& plan, block_device& device) {
  if (auto written = write_all(plan.values(), device); !written) return written;
  if (plan.is_two_phase() && !mutant("no-sync-before-the-record"))
    if (auto synced = device.sync(); !synced) return synced;
  if (auto written = write_all(plan.preparations(), device); !written) return written;
  if (auto written = write_all(plan.records(), device); !written) return written;
  if (auto written = write_all(plan.superblock(), device); !written) return written;
  return mutant("no-sync") ? result<void>{} : device.sync();
}

}  // namespace stowage
