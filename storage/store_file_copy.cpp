#include <stowage/storage/store_file_copy.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <utility>

namespace stowage {

store_file_copy::store_file_copy(std::string path, const store_identity& identity)
    : path_{std::move(path)}, identity_{identity} {}

result<void> store_file_copy::begin() {
  invariant(!file_, "a copy begins once");
  auto file = posix_creation::begin(path_);
  if (!file) return std::move(file).error();
  file_.emplace(*std::move(file));
  auto copy = store_copy::begin(file_->device(), identity_);
  if (!copy) return std::move(copy).error();
  copy_.emplace(*std::move(copy));
  return {};
}

void store_file_copy::take(index_snapshot blocks, std::uint64_t hash_seed, version floor) {
  blocks_ = std::move(blocks);
  hash_seed_ = hash_seed;
  floor_ = floor;
}

result<void> store_file_copy::step(block_device& from, std::uint64_t bytes,
                                   const snapshot_copy::lost_fn& lost) {
  invariant(copy_ && !is_over_, "a copy that has begun and is not over");
  if (!tour_) tour_.emplace(blocks_, hash_seed_, *copy_);
  return tour_->is_over() ? finish() : tour_->step(from, bytes, lost);
}

result<void> store_file_copy::finish() {
  if (auto finished = copy_->finish(floor_); !finished) return finished;
  auto device = file_->publish();
  if (!device) return std::move(device).error();
  if (auto closed = (*device)->close(); !closed) return closed;
  is_over_ = true;
  return {};
}

}  // namespace stowage
