#include <stowage/storage/format/op.hpp>

#include <stowage/storage/core/limits.hpp>

namespace stowage {

namespace {

bool is_known(std::uint8_t kind) noexcept {
  return kind >= static_cast<std::uint8_t>(op_kind::put) &&
         kind <= static_cast<std::uint8_t>(op_kind::clear);
}

bool has_value(op_kind kind) noexcept { return kind == op_kind::put || kind == op_kind::relocate; }

bool is_valid_place(const extent& e) noexcept {
  return e.length >= 1 && e.length <= limits::chunk_bytes_max && e.offset >= layout::data_start &&
         e.offset % limits::packing_unit == 0 && e.offset <= limits::file_bytes_max - e.length;
}

}  // namespace

void encode_op(byte_writer& out, const op& o) {
  invariant(o.name.size() <= limits::name_bytes_max, "a name is at most 1024 bytes");
  invariant(o.chunks.size() <= limits::chunks_per_block_max, "a value has at most 16384 chunks");
  // Its size is known, so room is made once and not for each number.
  byte_writer entry{out.room(encoded_op_bytes(o.name.size(), o.chunks.size()))};
  entry.number(static_cast<std::uint8_t>(o.kind))
      .number(std::uint8_t{0})
      .number(o.flags)
      .number(static_cast<std::uint16_t>(o.name.size()))
      .number(static_cast<std::uint16_t>(o.chunks.size()))
      .number(o.ver.value)
      .number(o.expires_at_ms)
      .number(o.value_length)
      .bytes(as_bytes(o.name));
  for (const auto& c : o.chunks)
    entry.number(c.where.offset).number(static_cast<std::uint32_t>(c.where.length)).hash(c.sum);
}

result<op> op_reader::next() {
  const auto at = offset_ + (body_bytes_ - in_.remaining());
  const auto bad = [at](const char* what) { return fail_at(errc::corrupt, at, what); };

  const auto kind = in_.number<std::uint8_t>();
  const auto reserved = in_.number<std::uint8_t>();
  op o;
  o.flags = in_.number<std::uint16_t>();
  const auto name_bytes = in_.number<std::uint16_t>();
  const auto chunk_count = in_.number<std::uint16_t>();
  o.ver = version{in_.number<std::uint64_t>()};
  o.expires_at_ms = in_.number<std::uint64_t>();
  o.value_length = in_.number<std::uint64_t>();
  o.name = as_text(in_.bytes(name_bytes));
  if (in_.failed()) return bad("an entry is cut short");
  if (!is_known(kind) || reserved != 0 || (o.flags & ~layout::known_op_flags) != 0)
    return fail_at(errc::unsupported_version, at, "an entry of a newer format");
  o.kind = static_cast<op_kind>(kind);

  if (o.ver == version{}) return bad("an entry without a version");
  if (o.name.size() > limits::name_bytes_max) return bad("a name longer than 1024 bytes");
  if (o.name.empty() != (o.kind == op_kind::clear)) return bad("an entry with a name of no length");
  if (o.value_length > limits::value_bytes_max) return bad("a value longer than 64 MiB");
  if (!has_value(o.kind) && (o.value_length != 0 || chunk_count != 0 || o.expires_at_ms != 0))
    return bad("a delete that carries a value");
  if (chunk_count > limits::chunks_per_block_max) return bad("a value of too many chunks");

  chunks_.clear();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < chunk_count; ++i) {
    chunk c;
    c.where.offset = in_.number<std::uint64_t>();
    c.where.length = in_.number<std::uint32_t>();
    c.sum = in_.hash();
    if (in_.failed()) return bad("an entry is cut short");
    if (!is_valid_place(c.where)) return bad("a chunk at an impossible place");
    total += c.where.length;
    chunks_.push_back(c);
  }
  if (total != o.value_length) return bad("chunks that do not add up to their value");
  o.chunks = chunks_;
  return o;
}

}  // namespace stowage
