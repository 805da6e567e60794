// A journal record: its header, its body, and the ops in it.
//
// Input: a byte of switches, the 112 bytes of the header in front of its checksums, then the body. Magic,
// lengths and both checksums are put in unless a switch leaves them out.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/format/journal_record.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/fuzz/heap_meter.hpp>

#include <algorithm>

namespace stowage::fuzz {

namespace {

enum : unsigned {
  own_magic = 1,
  own_lengths = 2,
  wrong_body_sum = 4,
  wrong_header_sum = 8,
  cut_header = 16,
  cut_record = 32,
};

constexpr std::uint64_t seed = 0x0123'4567'89ab'cdef;
constexpr std::uint64_t at = layout::data_start;
constexpr std::size_t fields_bytes = 112;
constexpr std::size_t reserved_at = 28;

void put_hash(mutable_byte_view to, std::size_t offset, const hash128& h) {
  store_le(to, offset, h.low);
  store_le(to, offset + 8, h.high);
}

bytes record_of(choices& from, unsigned switches) {
  bytes record(layout::record_header_bytes);
  std::ranges::copy(from.bytes(fields_bytes), record.begin());
  const auto body = from.rest();
  record.insert(record.end(), body.begin(), body.end());
  if ((switches & own_magic) == 0) store_le(record, 0, layout::record_magic);
  if ((switches & own_lengths) == 0) {
    store_le(record, 12, static_cast<std::uint32_t>(record_bytes_for(body.size())));
    store_le(record, 16, static_cast<std::uint32_t>(body.size()));
  }
  // What the record says is its body, as far as it is there.
  const auto claimed = std::min<std::size_t>(load_le<std::uint32_t>(record, 16), body.size());
  put_hash(record, fields_bytes, checksum(body.first(claimed), seed));
  if ((switches & wrong_body_sum) != 0) record[fields_bytes] ^= std::byte{1};
  put_hash(record, layout::record_header_hash_at,
           checksum(byte_view{record}.first(layout::record_header_hash_at), seed));
  if ((switches & wrong_header_sum) != 0) record[layout::record_header_hash_at] ^= std::byte{1};
  record.resize(round_up_to_page(record.size()));
  return record;
}

void check_op(const op& o) {
  const bool has_value = o.kind == op_kind::put || o.kind == op_kind::relocate;
  require(o.ver != version{}, "an op has a version");
  require(o.name.size() <= limits::name_bytes_max, "a name is at most 1024 bytes");
  require(o.name.empty() == (o.kind == op_kind::clear), "only CLEAR has no name");
  require(has_value || (o.chunks.empty() && o.expires_at_ms == 0 && o.value_length == 0),
          "only PUT and RELOCATE have a value");
  require(o.value_length <= limits::value_bytes_max, "a value is at most 64 MiB");
  std::uint64_t total = 0;
  for (const auto& c : o.chunks) {
    require(c.where.length >= 1 && c.where.length <= limits::chunk_bytes_max &&
                c.where.offset >= layout::data_start && c.where.offset % 64 == 0 &&
                c.where.end() <= limits::file_bytes_max,
            "a chunk is a place of a file");
    total += c.where.length;
  }
  require(total == o.value_length, "the chunks are the value");
}

// Reads ops until one is none, and writes them again.
void check_ops(byte_view body) {
  op_reader ops{body, at};
  bytes again;
  byte_writer out{again};
  while (!ops.finished()) {
    const auto o = ops.next();
    if (!o) {
      const auto& why = o.error();
      require(why.code == errc::corrupt || why.code == errc::unsupported_version,
              "an op is damaged or of a newer format");
      require(why.offset && *why.offset - at == again.size(), "a failure names the op's place");
      return;
    }
    check_op(*o);
    encode_op(out, *o);
    require(again.size() <= body.size() && std::ranges::equal(again, body.first(again.size())),
            "encode_op is the inverse of op_reader");
  }
  require(again.size() == body.size(), "ops are read to the end");
}

void check_header(const record_header& h, byte_view header_bytes) {
  require(h.total_bytes == record_bytes_for(h.body_bytes), "the lengths of a record agree");
  require(h.total_bytes <= limits::record_bytes_max, "a record is at most 16 MiB");
  require(h.synced_through < h.number, "a record proves only what is before it");
  require(h.kind == record_kind::group || (h.op_count == 0 && h.body_bytes == 0),
          "a SEAL has no ops");
  require(is_valid(h.next_area), "a next area is pages of a file");
  require(h.header_sum.low == load_le<std::uint64_t>(header_bytes, layout::record_header_hash_at),
          "a header keeps its checksum");
}

void check_record(byte_view record) {
  const auto header = decode_record_header(record, at, seed);
  if (!header) {
    const auto& why = header.error();
    require(why.code == errc::corrupt || why.code == errc::unsupported_version,
            "a record is none, or of a newer format");
    require(why.offset == at, "a failure names the record's place");
    return;
  }
  check_header(*header, record);
  const auto body = record_body(*header, record, at, seed);
  if (!body) {
    require(body.error().code == errc::corrupt && body.error().offset == at,
            "a body is there or damaged");
    return;
  }
  check_ops(*body);

  // Written again it is the same, but for what no reader looks at.
  bytes expected{record.begin(), record.begin() + header->total_bytes};
  store_le<std::uint32_t>(expected, reserved_at, 0);
  put_hash(expected, layout::record_header_hash_at,
           checksum(byte_view{expected}.first(layout::record_header_hash_at), seed));
  std::fill(expected.begin() + static_cast<std::ptrdiff_t>(layout::record_header_bytes) +
                header->body_bytes,
            expected.end(), std::byte{});
  auto copy = *header;
  const auto again = encode_record(copy, *body, seed);
  require(std::ranges::equal(again.bytes(), expected), "encode is the inverse of decode");
}

}  // namespace

const std::size_t input_bytes_max = 4096;

void run(byte_view input) {
  choices from{input};
  const unsigned switches = from.byte();
  auto record = record_of(from, switches);
  if ((switches & cut_header) != 0) record.resize(layout::record_header_bytes - 1);
  if ((switches & cut_record) != 0)
    record.resize(record.size() - std::min(record.size(), page_size));
  const heap_meter heap;
  check_record(record);
  require(heap.peak_bytes() <= 8 * record.size() + 64 * limits::kib,
          "a record takes memory for what is there");
}

std::vector<bytes> seeds() {
  const std::vector<chunk> one{{{layout::data_start + 4096, 5}, {7, 8}}};
  const std::vector<chunk> two{{{layout::data_start + 8192, limits::chunk_bytes_max}, {1, 2}},
                               {{layout::data_start + (16U << 20U), 100}, {3, 4}}};
  const auto body_of = [](const std::vector<op>& ops) {
    bytes body;
    byte_writer out{body};
    for (const auto& o : ops) encode_op(out, o);
    return body;
  };
  const auto input = [](unsigned switches, record_header h, const bytes& body) {
    h.uuid_low = 11;
    h.area_salt = 12;
    h.number = lsn{5};
    h.ep = epoch{2};
    h.synced_through = lsn{4};
    h.previous = {13, 14};
    h.next_area = {{layout::data_start, limits::mib}, 15};
    const auto record = encode_record(h, body, seed);
    return seed_of({switches}, record.bytes().first(fields_bytes), body);
  };
  record_header group;
  group.op_count = 2;
  group.transaction_count = 1;
  record_header seal;
  seal.kind = record_kind::seal;

  const op small{op_kind::put, 0, "hello", version{1}, 0, 5, one};
  const op large{op_kind::put, 0, "large", version{2}, 99, limits::chunk_bytes_max + 100, two};
  const op empty{op_kind::put, 0, "empty", version{3}, 0, 0, {}};
  const op del{op_kind::del, 0, "gone", version{4}, 0, 0, {}};
  const op moved{op_kind::relocate, 0, "hello", version{1}, 0, 5, one};
  const op clear{op_kind::clear, 0, {}, version{9}, 0, 0, {}};
  const std::string long_name(limits::name_bytes_max, 'n');
  const op named{op_kind::del, 0, long_name, version{5}, 0, 0, {}};
  const auto all = body_of({small, large, empty, del, moved, clear});
  return {input(0, group, body_of({small, large})),
          input(0, group, all),
          input(0, group, body_of({named})),
          input(0, seal, {}),
          input(own_lengths, group, all),
          input(wrong_body_sum, group, all),
          input(wrong_header_sum, group, all),
          input(cut_header, group, all),
          input(cut_record, group, all),
          input(own_magic, group, {})};
}

}  // namespace stowage::fuzz
