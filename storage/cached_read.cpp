#include <stowage/storage/cached_read.hpp>

#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/read_block.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

namespace stowage {

namespace {

// The version alone names a content. With the place, a copy that compaction made has to be verified before it is
// trusted, and what was read at a place that was given to another block is never found.
payload_key key_of(version ver, std::span<const chunk> chunks) noexcept {
  return {mutant("cache-key-without-version") ? version{} : ver, chunks.front().where};
}
payload_key key_of(const block& b) noexcept { return key_of(b.ver(), b.chunks()); }

shared_bytes part_of(const shared_bytes& value, std::uint64_t offset, std::uint64_t length) {
  offset = std::min<std::uint64_t>(offset, value.size());
  return value.slice(offset, std::min<std::uint64_t>(length, value.size() - offset));
}

// Whether the whole value is read for that part of it.
bool is_kept(const payload_cache& cache, const block& b, std::uint64_t offset,
             std::uint64_t length) {
  const bool reads_all = b.chunks().size() == 1 || (offset == 0 && length >= b.value_length());
  return reads_all && b.value_length() <= cache.payload_bytes_max();
}

shared_bytes keep(payload_cache& cache, const block& b, const shared_bytes& whole,
                  std::uint64_t offset, std::uint64_t length) {
  if (!whole.empty()) cache.insert(key_of(b), whole);
  return part_of(whole, offset, length);
}

}  // namespace

std::optional<shared_bytes> find_in_cache(payload_cache& cache, const block& b,
                                          std::uint64_t offset, std::uint64_t length) {
  if (offset >= b.value_length() || length == 0) return shared_bytes{};
  if (b.value_length() > cache.payload_bytes_max()) return std::nullopt;
  const auto whole = cache.find(key_of(b));
  if (!whole) return std::nullopt;
  return part_of(*whole, offset, length);
}

result<shared_bytes> read_into_cache(payload_cache& cache, block_device& device, const block& b,
                                     std::uint64_t seed, std::uint64_t offset,
                                     std::uint64_t length) {
  if (!is_kept(cache, b, offset, length)) return read_block(device, b, seed, offset, length);
  auto whole = read_block(device, b, seed, 0, b.value_length());
  if (!whole) return whole;
  return keep(cache, b, *whole, offset, length);
}

std::optional<shared_bytes> read_resident_into_cache(payload_cache& cache, block_device& device,
                                                     const block& b, std::uint64_t seed,
                                                     std::uint64_t offset, std::uint64_t length) {
  if (!is_kept(cache, b, offset, length))
    return read_resident_block(device, b, seed, offset, length);
  const auto whole = read_resident_block(device, b, seed, 0, b.value_length());
  if (!whole) return std::nullopt;
  return keep(cache, b, *whole, offset, length);
}

bool may_be_in_cache(const payload_cache& cache, const block& b) noexcept {
  return b.value_length() > 0 && b.value_length() <= cache.payload_bytes_max();
}

bool remove_from_cache(payload_cache& cache, const block& old) {
  return may_be_in_cache(cache, old) && cache.remove(key_of(old));
}

void keep_in_cache(payload_cache& cache, const op& o, byte_view value) {
  if (value.empty() || value.size() > cache.payload_bytes_max()) return;
  // A copy: the client's memory may be part of something larger.
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(value.size());
  std::ranges::copy(value, memory.get());
  cache.insert(key_of(o.ver, o.chunks), shared_bytes{memory, {memory.get(), value.size()}});
}

}  // namespace stowage
