#include <stowage/storage/index/block.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace stowage {

// The chunks follow the object and the name follows the chunks, in the same allocation.

block::block(const op& o, std::uint64_t published) noexcept
    : flags_{o.flags},
      name_bytes_{static_cast<std::uint16_t>(o.name.size())},
      chunk_count_{static_cast<std::uint16_t>(o.chunks.size())},
      value_length_{static_cast<std::uint32_t>(o.value_length)},
      version_{o.ver},
      expires_at_ms_{o.expires_at_ms},
      published_{published} {}

block_ref block::make(const op& o, std::uint64_t published) {
  static_assert(sizeof(block) % alignof(chunk) == 0);
  static_assert(std::is_trivially_copyable_v<chunk>);
  const auto chunk_bytes = o.chunks.size() * sizeof(chunk);
  auto* memory =
      static_cast<std::byte*>(::operator new(sizeof(block) + chunk_bytes + o.name.size()));
  auto* made = new (memory) block{o, published};
  std::uninitialized_copy(o.chunks.begin(), o.chunks.end(),
                          reinterpret_cast<chunk*>(memory + sizeof(block)));
  // A CLEAR has no name, and there may be no pointer either.
  if (!o.name.empty())
    std::memcpy(memory + sizeof(block) + chunk_bytes, o.name.data(), o.name.size());
  return block_ref{made};
}

void block::destroy(const block* b) noexcept {
  b->~block();
  ::operator delete(const_cast<block*>(b));
}

std::span<const chunk> block::chunks() const noexcept {
  const auto* after = reinterpret_cast<const std::byte*>(this) + sizeof(block);
  return {std::launder(reinterpret_cast<const chunk*>(after)), chunk_count_};
}

std::string_view block::name() const noexcept {
  const auto* after = reinterpret_cast<const std::byte*>(this) + sizeof(block);
  return {reinterpret_cast<const char*>(after) + chunk_count_ * sizeof(chunk), name_bytes_};
}

op block::as_op() const noexcept {
  return {op_kind::put, flags_, name(), version_, expires_at_ms_, value_length_, chunks()};
}

}  // namespace stowage
