#include <stowage/storage/read_block.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace stowage {

result<bool> read_chunk(block_device& device, const chunk& c, std::uint64_t seed,
                        mutable_byte_view out, read_mode mode) {
  auto got = device.read(c.where.offset, out, mode);
  if (!got) return std::move(got).error();
  return *got == out.size() && (checksum(out, seed) == c.sum || mutant("mismatch-accepted"));
}

result<shared_bytes> read_block(block_device& device, const block& b, std::uint64_t seed,
                                std::uint64_t offset, std::uint64_t length) {
  offset = std::min(offset, b.value_length());
  length = std::min(length, b.value_length() - offset);
  if (length == 0) return shared_bytes{};

  // The chunks the range touches, and where the first of them starts in the value.
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

  const auto memory = std::make_shared_for_overwrite<std::byte[]>(bytes);
  std::uint64_t at = 0;
  for (const auto& c : chunks.subspan(first, last - first)) {
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
  invariant(at == bytes, "I6: every byte returned was verified");
  return shared_bytes{memory, {memory.get(), bytes}}.slice(offset - start, length);
}

}  // namespace stowage
