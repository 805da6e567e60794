#include <stowage/actors/reader.hpp>

#include <stowage/actors/handover.hpp>
#include <stowage/storage/cached_read.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/verify_values.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace stowage {

namespace {

// Reads of clients wait for a slice.
constexpr std::uint64_t copy_slice_bytes = limits::mib;

}  // namespace

reader_state::reader_state(reader_actor::pointer /*self*/, std::shared_ptr<block_device> device,
                           std::shared_ptr<payload_cache> cache, std::uint64_t hash_seed,
                           reader_metrics metrics)
    : device_{std::move(device)},
      cache_{std::move(cache)},
      hash_seed_{hash_seed},
      metrics_{std::move(metrics)} {}

reader_actor::behavior_type reader_state::make_behavior() {
  return {
      [this](const read_block_job& job) -> caf::result<block_value> {
        if (stopped_) return to_error(fail(errc::closed));
        const auto& block = *job.what->what;
        auto value =
            job.is_for_client
                ? read_into_cache(*cache_, *device_, block, hash_seed_, job.offset, job.length)
                : read_block(*device_, block, hash_seed_, job.offset, job.length);
        if (!value) {
          metrics_.failed(value.error().code);
          return to_error(value.error());
        }
        metrics_.read(value->size());
        return block_value{std::move(*value), block.ver(), block.expires_at_ms()};
      },
      [this](const copy_slice& slice) -> caf::result<void> {
        if (stopped_) return to_error(fail(errc::closed));
        if (auto done = copy_more(*slice.job); !done) return to_error(done.error());
        return caf::unit;
      },
      [this](const verify_slice& slice) -> caf::result<void> {
        if (stopped_) return to_error(fail(errc::closed));
        if (auto done = verify_more(*slice.job); !done) return to_error(done.error());
        return caf::unit;
      },
      [this](const stop_reading&) -> caf::result<void> {
        stopped_ = true;
        return caf::unit;
      },
  };
}

result<void> reader_state::verify_more(verify_job& job) {
  auto& result = job.result;
  if (!job.metadata.is_over()) {
    auto done = job.metadata.step(*device_);
    if (!done || !job.metadata.is_over()) return done;
    for (const auto& why : job.metadata.found())
      note_failure(why, result.found, result.found_count);
    return {};
  }
  const auto done = verify_values(*device_, job.blocks, hash_seed_, [&result](const failure& why) {
    note_failure(why, result.found, result.found_count);
  });
  result.blocks += done.blocks;
  result.chunks += done.chunks;
  result.verified_bytes += done.bytes;
  return {};
}

result<void> reader_state::copy_more(backup_job& job) {
  if (!job.copy.has_begun()) {
    job.copy.take(job.state, hash_seed_, job.floor);
    return job.copy.begin();
  }
  auto done = job.copy.step(*device_, copy_slice_bytes, [&job](const failure& why) {
    note_failure(why, job.result.unreadable, job.result.unreadable_count);
  });
  if (done) return done;
  // What fails is not the store's own device.
  auto why = std::move(done).error();
  if (why.detail.empty())
    why.detail = "the copy";
  else
    why.detail = "the copy, " + why.detail;
  return why;
}

}  // namespace stowage
