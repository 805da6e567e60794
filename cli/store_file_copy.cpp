#include <stowage/cli/store_file_copy.hpp>

#include <stowage/actors/runtime.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/snapshot_copy.hpp>
#include <stowage/storage/store_copy.hpp>

#include <utility>

namespace stowage::cli {

result<void> copy_store_file(const copy_source& from, posix_creation& to, const std::string& verb,
                             console& con, copy_report& report) {
  auto copy = store_copy::begin(to.device(), random_identity());
  if (!copy) return std::move(copy).error();
  progress bar{con, verb, from.blocks.size()};
  snapshot_copy tour{from.blocks, from.hash_seed, *copy};
  while (!tour.is_over()) {
    const auto blocks_before = tour.seen();
    const auto bytes_before = copy->value_bytes();
    auto done = tour.step(from.device, limits::mib,
                          [&report](const failure& why) { report.lost.push_back(why); });
    if (!done) return done;
    bar.advance(copy->value_bytes() - bytes_before, tour.seen() - blocks_before);
  }
  if (auto finished = copy->finish(from.floor); !finished) return finished;
  auto device = to.publish();
  if (!device) return std::move(device).error();
  report.blocks = copy->blocks();
  report.value_bytes = copy->value_bytes();
  return (*device)->close();
}

}  // namespace stowage::cli
