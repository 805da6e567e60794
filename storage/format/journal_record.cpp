#include <stowage/storage/format/journal_record.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

std::uint64_t allowed_record_bytes_for(std::uint64_t body_bytes) {
  const auto total = record_bytes_for(body_bytes);
  invariant(total <= limits::record_bytes_max, "a record is at most 16 MiB");
  return total;
}

}  // namespace

record_draft::record_draft(std::uint64_t body_bytes, const page_pool& buffers)
    : body_bytes_{body_bytes}, pages_{buffers.take(allowed_record_bytes_for(body_bytes))} {
  // What another record left there does not get into this one.
  std::ranges::fill(pages_.bytes().subspan(layout::record_header_bytes + body_bytes_),
                    std::byte{0});
}

record_draft::record_draft(byte_view body)
    : body_bytes_{body.size()}, pages_{allowed_record_bytes_for(body.size())} {
  std::ranges::copy(body, this->body().begin());
}

mutable_byte_view record_draft::body() noexcept {
  return pages_.bytes().subspan(layout::record_header_bytes, body_bytes_);
}

byte_view record_draft::body() const noexcept {
  return pages_.bytes().subspan(layout::record_header_bytes, body_bytes_);
}

page_buffer encode_record(record_header& header, byte_view body, std::uint64_t seed) {
  return encode_record(header, record_draft{body}, seed);
}

page_buffer encode_record(record_header& header, record_draft draft, std::uint64_t seed) {
  const auto body = std::as_const(draft).body();
  header.total_bytes = static_cast<std::uint32_t>(draft.pages_.size());
  header.body_bytes = static_cast<std::uint32_t>(body.size());
  header.body_sum = checksum(body, seed);

  std::vector<std::byte> fields;
  fields.reserve(layout::record_header_bytes);
  byte_writer out{fields};
  out.number(layout::record_magic)
      .number(layout::format_major)
      .number(static_cast<std::uint16_t>(header.kind))
      .number(header.total_bytes)
      .number(header.body_bytes)
      .number(header.op_count)
      .number(header.transaction_count)
      .number(std::uint32_t{0})
      .number(header.uuid_low)
      .number(header.area_salt)
      .number(header.number.value)
      .number(header.ep.value)
      .number(header.synced_through.value)
      .hash(header.previous);
  encode_area_ref(out, header.next_area);
  out.hash(header.body_sum);
  invariant(fields.size() == layout::record_header_hash_at, "the header's checksum comes last");
  header.header_sum = checksum(fields, seed);
  out.hash(header.header_sum);

  std::ranges::copy(fields, draft.pages_.bytes().begin());
  return std::move(draft.pages_);
}

result<record_header> decode_record_header(byte_view bytes, std::uint64_t offset,
                                           std::uint64_t seed) {
  const auto bad = [offset](const char* what) { return fail_at(errc::corrupt, offset, what); };
  if (bytes.size() < layout::record_header_bytes) return bad("a record header is cut short");
  bytes = bytes.first(layout::record_header_bytes);

  byte_reader in{bytes};
  if (in.number<std::uint64_t>() != layout::record_magic) return bad("no record");
  const auto major = in.number<std::uint16_t>();
  const auto kind = in.number<std::uint16_t>();
  record_header h;
  h.total_bytes = in.number<std::uint32_t>();
  h.body_bytes = in.number<std::uint32_t>();
  h.op_count = in.number<std::uint32_t>();
  h.transaction_count = in.number<std::uint32_t>();
  in.number<std::uint32_t>();
  h.uuid_low = in.number<std::uint64_t>();
  h.area_salt = in.number<std::uint64_t>();
  h.number = lsn{in.number<std::uint64_t>()};
  h.ep = epoch{in.number<std::uint64_t>()};
  h.synced_through = lsn{in.number<std::uint64_t>()};
  h.previous = in.hash();
  h.next_area = decode_area_ref(in);
  h.body_sum = in.hash();
  h.header_sum = in.hash();
  if (h.header_sum != checksum(bytes.first(layout::record_header_hash_at), seed))
    return bad("a record header that does not match its checksum");

  const bool is_known_kind = kind == static_cast<std::uint16_t>(record_kind::group) ||
                             kind == static_cast<std::uint16_t>(record_kind::seal);
  if (major != layout::format_major || !is_known_kind)
    return fail_at(errc::unsupported_version, offset, "a record of a newer format");
  h.kind = static_cast<record_kind>(kind);
  if (h.total_bytes > limits::record_bytes_max || h.total_bytes != record_bytes_for(h.body_bytes) ||
      !is_valid(h.next_area) || h.synced_through >= h.number ||
      (h.kind == record_kind::seal && (h.op_count != 0 || h.body_bytes != 0)))
    return bad("a record header with impossible fields");
  return h;
}

result<byte_view> record_body(const record_header& header, byte_view record, std::uint64_t offset,
                              std::uint64_t seed) {
  if (record.size() < header.total_bytes)
    return fail_at(errc::corrupt, offset, "a record is cut short");
  const auto body = record.subspan(layout::record_header_bytes, header.body_bytes);
  if (checksum(body, seed) != header.body_sum && !mutant("record-body-not-verified"))
    return fail_at(errc::corrupt, offset, "a record body that does not match its checksum");
  return body;
}

}  // namespace stowage
