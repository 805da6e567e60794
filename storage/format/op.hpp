// One entry of a journal record or of a checkpoint page: what happened to, or is known of, one block.
//
// Contract: encode and decode are inverses on valid ops. `op_reader` checks every field; what it gives
// is valid and nothing downstream checks again. The bytes:
//   kind u8 | 0 u8 | flags u16 | name length u16 | chunk count u16 | version u64 | expires_at_ms u64 |
//   value length u64 | name | chunks {offset u64, length u32, checksum 128}
// Concurrency: plain values. An `op` views memory it does not own.
// Limits: whether extents lie inside the file and are free of overlap is for recovery to see.
#pragma once

#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/layout.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace stowage {

/// A piece of a value under one checksum: 1 byte to 4 MiB.
struct chunk {
  extent where;
  hash128 sum;

  friend bool operator==(const chunk&, const chunk&) = default;
};

enum class op_kind : std::uint8_t {
  put = 1,       ///< the block has this value from this version on
  del = 2,       ///< the block is gone from this version on
  relocate = 3,  ///< the block of exactly this version now lies elsewhere
  clear = 4,     ///< every block of a lower version is gone; no name
};

struct op {
  op_kind kind = op_kind::put;
  std::uint16_t flags = 0;
  std::string_view name;
  version ver;
  /// Unix time in ms; 0 = never.
  std::uint64_t expires_at_ms = 0;
  std::uint64_t value_length = 0;
  std::span<const chunk> chunks;
};

/// Bytes `encode_op` appends for a name and a number of chunks of these sizes.
constexpr std::size_t encoded_op_bytes(std::size_t name_bytes, std::size_t chunk_count) noexcept {
  return layout::op_fixed_bytes + name_bytes + chunk_count * layout::chunk_bytes;
}

void encode_op(byte_writer& out, const op& o);

/// Reads ops one after another from a record's or page's body.
class op_reader {
 public:
  /// `offset` is where the body stands in the file, for errors.
  op_reader(byte_view body, std::uint64_t offset) noexcept
      : in_{body}, body_bytes_{body.size()}, offset_{offset} {}

  [[nodiscard]] bool finished() const noexcept { return in_.finished(); }

  /// The next op; its name and chunks stay valid until the next call. Fails with `corrupt`, or
  /// `unsupported_version` where a kind or flag is one of a newer format.
  result<op> next();

 private:
  byte_reader in_;
  std::size_t body_bytes_;
  std::uint64_t offset_;
  std::vector<chunk> chunks_;
};

}  // namespace stowage
