#include <stowage/actors/reader.hpp>

#include <stowage/actors/handover.hpp>
#include <stowage/storage/read_block.hpp>

namespace stowage {

reader_state::reader_state(reader_actor::pointer /*self*/, std::shared_ptr<block_device> device,
                           std::uint64_t hash_seed)
    : device_{std::move(device)}, hash_seed_{hash_seed} {}

reader_actor::behavior_type reader_state::make_behavior() {
  return {
      [this](const read_block_job& job) -> caf::result<block_value> {
        if (stopped_) return to_error(fail(errc::closed));
        const auto& block = *job.what->what;
        auto value = read_block(*device_, block, hash_seed_, job.offset, job.length);
        if (!value) return to_error(value.error());
        return block_value{std::move(*value), block.ver()};
      },
      [this](const stop_reading&) -> caf::result<void> {
        stopped_ = true;
        return caf::unit;
      },
  };
}

}  // namespace stowage
