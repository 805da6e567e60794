#include <stowage/storage/read_block.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

namespace stowage {

result<bool> read_chunk(block_device& device, const chunk& c, std::uint64_t seed,
                        mutable_byte_view out, read_mode mode) {
  auto got = device.read(c.where.offset, out, mode);
  if (!got) return std::move(got).error();
  return *got == out.size() && (checksum(out, seed) == c.sum || mutant("mismatch-accepted"));
}

namespace {

/// A range of a value, and the chunks that it touches.
struct touched_chunks {
  std::span<const chunk> chunks;
  std::uint64_t bytes = 0;
  /// Within those bytes.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

touched_chunks chunks_of(const block& b, std::uint64_t offset, std::uint64_t length) {
  offset = std::min(offset, b.value_length());
  length = std::min(length, b.value_length() - offset);
  if (length == 0) return {};
  const auto chunks = b.chunks();
  const auto length_of = [chunks](std::size_t i) {
    invariant(i < chunks.size(), "a value is as long as its chunks");
    return chunks[i].where.length;
  };
  std::uint64_t start = 0;
  std::size_t first = 0;
  while (start + length_of(first) <= offset) start += length_of(first++);
  std::size_t last = first;
  std::uint64_t bytes = 0;
  while (start + bytes < offset + length) bytes += length_of(last++);
  return {chunks.subspan(first, last - first), bytes, offset - start, length};
}

}  // namespace

result<shared_bytes> read_block(block_device& device, const block& b, std::uint64_t seed,
                                std::uint64_t offset, std::uint64_t length) {
  const auto touched = chunks_of(b, offset, length);
  if (touched.length == 0) return shared_bytes{};
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(touched.bytes);
  std::uint64_t at = 0;
  for (const auto& c : touched.chunks) {
    const mutable_byte_view out{memory.get() + at, c.where.length};
    auto matches = read_chunk(device, c, seed, out, read_mode::cached);
    if (matches && !*matches) matches = read_chunk(device, c, seed, out, read_mode::direct);
    if (!matches) {
      auto why = std::move(matches).error();
      why.name = b.name();
      return why;
    }
    if (mutant("mismatch-written-back") && !*matches)
      (void)device.write(c.where.offset, std::array{byte_view{out}});
    if (!*matches) {
      auto why = fail_at(errc::corrupt_block, c.where.offset, {});
      why.name = b.name();
      return why;
    }
    at += c.where.length;
  }
  invariant(at == touched.bytes, "I6: every byte returned was verified");
  return shared_bytes{memory, {memory.get(), at}}.slice(touched.offset, touched.length);
}

std::optional<shared_bytes> read_resident_block(block_device& device, const block& b,
                                                std::uint64_t seed, std::uint64_t offset,
                                                std::uint64_t length) {
  const auto touched = chunks_of(b, offset, length);
  if (touched.length == 0) return shared_bytes{};
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(touched.bytes);
  std::uint64_t at = 0;
  for (const auto& c : touched.chunks) {
    const auto matches =
        read_chunk(device, c, seed, {memory.get() + at, c.where.length}, read_mode::resident);
    if (!matches || !*matches) return std::nullopt;
    at += c.where.length;
  }
  invariant(at == touched.bytes, "I6: every byte returned was verified");
  return shared_bytes{memory, {memory.get(), at}}.slice(touched.offset, touched.length);
}

}  // namespace stowage
