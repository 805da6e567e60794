#include <stowage/storage/durable_reads.hpp>

#include <stowage/storage/cached_read.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <string>
#include <utility>

namespace stowage {

result<block_ref> durable_reads::find(std::string_view name) {
  auto found = index_.find(name);
  if (!found.has_state) return fail(errc::closed);
  return std::move(found.what);
}

result<index_snapshot> durable_reads::state() {
  auto newest = index_.state();
  if (!newest) return fail(errc::closed);
  return *std::move(newest);
}

result<durable_reads::value_of_block> durable_reads::read(block_ref found, std::uint64_t offset,
                                                          std::uint64_t length) {
  if (auto cached = find_in_cache(*cache_, *found, offset, length))
    return value_of_block{std::move(found), *std::move(cached)};
  for (int tries = 1;; ++tries) {
    auto bytes = read_once(*found, offset, length);
    if (bytes) return value_of_block{std::move(found), *std::move(bytes)};
    if (bytes.error().code == errc::closed) return std::move(bytes).error();
    const std::string name{found->name()};
    auto now = find(name);
    if (!now) return std::move(now).error();
    // The very block, and not one that looks like it: it may have been away meanwhile, and its extents another's.
    const bool is_same = *now == found;
    if (is_same || mutant("relocation-taken-for-damage")) {
      auto& count = bytes.error().code == errc::corrupt_block ? corrupt_blocks_ : io_errors_;
      count.fetch_add(1, std::memory_order_relaxed);
      return std::move(bytes).error();
    }
    if (!*now) return value_of_block{};
    if (tries == tries_max) {
      auto why = fail(errc::overloaded, "each time it was read it had been written anew or moved");
      why.name = name;
      return why;
    }
    found = *std::move(now);
  }
}

std::optional<shared_bytes> durable_reads::try_read(const block& found, std::uint64_t offset,
                                                    std::uint64_t length) {
  if (auto cached = find_in_cache(*cache_, found, offset, length)) return cached;
  const auto device = device_.lock();
  if (!device) return std::nullopt;
  auto bytes = read_resident_into_cache(*cache_, *device, found, hash_seed_, offset, length);
  if (bytes) bytes_read_.fetch_add(bytes->size(), std::memory_order_relaxed);
  return bytes;
}

result<shared_bytes> durable_reads::read_once(const block& b, std::uint64_t offset,
                                              std::uint64_t length) {
  const auto device = device_.lock();
  if (!device) return fail(errc::closed);
  auto bytes = read_into_cache(*cache_, *device, b, hash_seed_, offset, length);
  if (bytes) bytes_read_.fetch_add(bytes->size(), std::memory_order_relaxed);
  return bytes;
}

durable_reads::counts durable_reads::count() const noexcept {
  return {index_.looks(), bytes_read_.load(std::memory_order_relaxed),
          corrupt_blocks_.load(std::memory_order_relaxed),
          io_errors_.load(std::memory_order_relaxed)};
}

}  // namespace stowage
