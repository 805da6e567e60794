#include <stowage/storage/snapshot_copy.hpp>

#include <stowage/storage/read_block.hpp>

#include <utility>

namespace stowage {

snapshot_copy::snapshot_copy(index_snapshot from, std::uint64_t hash_seed, store_copy& to)
    : from_{std::move(from)}, hash_seed_{hash_seed}, to_{&to} {}

result<void> snapshot_copy::step(block_device& device, std::uint64_t bytes, const lost_fn& lost) {
  result<void> outcome;
  std::uint64_t done = 0;
  from_.for_each_from(next_name_, [&](const block_ref& b) {
    // The least name after it.
    next_name_.assign(b->name()).push_back('\0');
    ++seen_;
    done += b->value_length();
    auto value = read_block(device, *b, hash_seed_, 0, b->value_length());
    if (value)
      outcome = to_->add(*b, *std::move(value));
    else
      lost(value.error());
    return outcome.ok() && done < bytes;
  });
  return outcome;
}

}  // namespace stowage
