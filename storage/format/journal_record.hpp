// A journal record: the header and ops of one group, or a SEAL.
//
// Contract: a record starts on a page boundary and fills whole pages. `decode_record_header` accepts
// bytes only if magic, format, lengths and the header's own checksum are right; `record_ops` then checks
// the body's checksum. Whether it is the *next* record of a chain is for the replay to see.
// Concurrency: pure functions on plain values.
// Limits: at most 16 MiB.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/page_pool.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/op.hpp>

#include <cstdint>

namespace stowage {

enum class record_kind : std::uint16_t {
  group = 1,  ///< the ops of one group
  seal = 2,   ///< no ops: proves what came before was synced, or names a larger next area
};

struct record_header {
  record_kind kind = record_kind::group;
  /// Whole pages, header, body and padding.
  std::uint32_t total_bytes = 0;
  std::uint32_t body_bytes = 0;
  std::uint32_t op_count = 0;
  std::uint32_t transaction_count = 0;
  std::uint64_t uuid_low = 0;
  std::uint64_t area_salt = 0;
  lsn number;
  epoch ep;
  /// Records up to here were durable when this one was written.
  lsn synced_through;
  hash128 previous;
  area_ref next_area;
  hash128 body_sum;
  /// Of the header before it; the next record repeats it as `previous`.
  hash128 header_sum;
};

/// Bytes of the record that carries a body of `body_bytes`: whole pages.
constexpr std::uint64_t record_bytes_for(std::uint64_t body_bytes) noexcept {
  return round_up_to_page(layout::record_header_bytes + body_bytes);
}

/// A record whose header is still to come. The body lies already where it is written from.
class record_draft {
 public:
  record_draft() : record_draft{byte_view{}} {}
  /// With a body of so many bytes that the caller fills in; at most what a record of 16 MiB has room for.
  record_draft(std::uint64_t body_bytes, const page_pool& buffers);
  /// With a copy of `body`.
  explicit record_draft(byte_view body);

  [[nodiscard]] mutable_byte_view body() noexcept;
  [[nodiscard]] byte_view body() const noexcept;

 private:
  friend page_buffer encode_record(record_header&, record_draft, std::uint64_t);

  std::size_t body_bytes_;
  page_buffer pages_;
};

/// Completes the draft; fills in lengths and checksums in `header`. `seed` is the store's.
[[nodiscard]] page_buffer encode_record(record_header& header, record_draft draft,
                                        std::uint64_t seed);
[[nodiscard]] page_buffer encode_record(record_header& header, byte_view body, std::uint64_t seed);

/// The header at the start of `bytes` (at least 144 bytes of it). Fails with `corrupt` when no valid
/// header stands there, `unsupported_version` when a valid one is of a newer format.
[[nodiscard]] result<record_header> decode_record_header(byte_view bytes, std::uint64_t offset,
                                                         std::uint64_t seed);

/// The body of a record of `header`; `record` is its total_bytes. Fails with `corrupt` when the body
/// does not match its checksum.
[[nodiscard]] result<byte_view> record_body(const record_header& header, byte_view record,
                                            std::uint64_t offset, std::uint64_t seed);

}  // namespace stowage
