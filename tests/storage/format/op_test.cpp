#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/op.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t place = layout::data_start + 144;

constexpr std::size_t kind_at = 0;
constexpr std::size_t zero_at = 1;
constexpr std::size_t flags_at = 2;
constexpr std::size_t name_length_at = 4;
constexpr std::size_t chunk_count_at = 6;
constexpr std::size_t version_at = 8;
constexpr std::size_t expires_at = 16;
constexpr std::size_t value_length_at = 24;
constexpr std::size_t name_at = 32;

std::vector<std::byte> bytes_of(const op& o) {
  std::vector<std::byte> bytes;
  byte_writer out{bytes};
  encode_op(out, o);
  return bytes;
}

// A put of "name" with two chunks: 1000 bytes and 24.
owned_op sample(op_kind kind = op_kind::put) {
  owned_op o;
  o.value.kind = kind;
  o.value.ver = version{42};
  if (kind != op_kind::clear) o.name = "name";
  if (kind == op_kind::put || kind == op_kind::relocate) {
    o.value.expires_at_ms = 1'700'000'000'000;
    o.value.value_length = 1024;
    o.chunks = {{{layout::data_start, 1000}, {1, 2}}, {{layout::data_start + 8192, 24}, {3, 4}}};
  }
  return o;
}

constexpr std::size_t first_chunk_at = name_at + 4;
constexpr std::size_t second_chunk_at = first_chunk_at + 28;

result<op> decode(const std::vector<std::byte>& bytes) { return op_reader{bytes, place}.next(); }

template <class T>
result<op> decode_with(op_kind kind, std::size_t at, T value) {
  auto bytes = bytes_of(sample(kind).get());
  store_le(bytes, at, value);
  return decode(bytes);
}

template <class T>
void check_bad(std::size_t at, T value, std::string_view detail, op_kind kind = op_kind::put) {
  BOOST_TEST_CONTEXT("field at " << at << " = " << +value << " in a " << static_cast<int>(kind))
  check_fails_at(decode_with(kind, at, value), errc::corrupt, place, detail);
}

constexpr std::array all_kinds{op_kind::put, op_kind::del, op_kind::relocate, op_kind::clear};

}  // namespace

BOOST_AUTO_TEST_SUITE(op_suite)

BOOST_AUTO_TEST_CASE(ops_of_every_kind_come_back_one_after_another) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      std::vector<owned_op> ops;
      std::vector<std::byte> body;
      byte_writer out{body};
      for (int i = 0; i < 20; ++i) {
        ops.push_back(random_op(random, all_kinds[below(random, all_kinds.size())]));
        const auto& o = ops.back();
        const auto before = body.size();
        encode_op(out, o.get());
        BOOST_CHECK_EQUAL(body.size() - before, encoded_op_bytes(o.name.size(), o.chunks.size()));
      }
      op_reader in{body, place};
      for (const auto& o : ops) {
        BOOST_REQUIRE(!in.finished());
        const auto back = in.next();
        BOOST_REQUIRE(back.ok());
        BOOST_CHECK(is_same(*back, o.get()));
      }
      BOOST_CHECK(in.finished());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fields_stand_where_the_format_says) {
  const auto bytes = bytes_of(sample().get());
  BOOST_REQUIRE_EQUAL(bytes.size(), 32U + 4U + 2U * 28U);
  BOOST_CHECK_EQUAL(load_le<std::uint8_t>(bytes, kind_at), 1U);
  BOOST_CHECK_EQUAL(load_le<std::uint8_t>(bytes, zero_at), 0U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, flags_at), 0U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, name_length_at), 4U);
  BOOST_CHECK_EQUAL(load_le<std::uint16_t>(bytes, chunk_count_at), 2U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, version_at), 42U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, expires_at), 1'700'000'000'000U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, value_length_at), 1024U);
  BOOST_CHECK(as_text(byte_view{bytes}.subspan(name_at, 4)) == "name");
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, first_chunk_at), layout::data_start);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(bytes, first_chunk_at + 8), 1000U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, first_chunk_at + 12), 1U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, first_chunk_at + 20), 2U);
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(bytes, second_chunk_at), layout::data_start + 8192);
  for (std::size_t i = 0; i < all_kinds.size(); ++i)
    BOOST_CHECK_EQUAL(load_le<std::uint8_t>(bytes_of(sample(all_kinds[i]).get()), kind_at), i + 1);
}

BOOST_AUTO_TEST_CASE(an_op_cut_short_at_any_byte_is_seen) {
  for (const auto kind : all_kinds) {
    const auto whole = bytes_of(sample(kind).get());
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const std::vector<std::byte> cut(whole.begin(),
                                       whole.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_TEST_CONTEXT(size << " bytes of kind " << static_cast<int>(kind))
      check_fails_at(decode(cut), errc::corrupt, place, "cut short");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failure_names_the_place_of_its_op) {
  auto body = bytes_of(sample().get());
  const auto second = body.size();
  byte_writer out{body};
  encode_op(out, sample().get());
  store_le(body, second + version_at, std::uint64_t{0});
  op_reader in{body, place};
  BOOST_REQUIRE(in.next().ok());
  check_fails_at(in.next(), errc::corrupt, place + second, "without a version");
}

BOOST_AUTO_TEST_CASE(unknown_kinds_and_flags_are_of_a_newer_format) {
  for (const auto kind : all_kinds) {
    for (unsigned k = 0; k < 256; ++k) {
      if (k >= 1 && k <= 4) continue;
      check_fails_at(decode_with(kind, kind_at, static_cast<std::uint8_t>(k)),
                     errc::unsupported_version, place);
    }
    check_fails(decode_with(kind, zero_at, std::uint8_t{1}), errc::unsupported_version);
    for (unsigned bit = 0; bit < 16; ++bit)
      check_fails(decode_with(kind, flags_at, static_cast<std::uint16_t>(1U << bit)),
                  errc::unsupported_version);
  }
}

BOOST_AUTO_TEST_CASE(each_malformed_field_is_refused_by_name) {
  for (const auto kind : all_kinds)
    check_bad(version_at, std::uint64_t{0}, "without a version", kind);
  for (const auto kind : {op_kind::del, op_kind::clear}) {
    check_bad(value_length_at, std::uint64_t{1}, "a delete that carries a value", kind);
    check_bad(expires_at, std::uint64_t{1}, "a delete that carries a value", kind);
    check_bad(chunk_count_at, std::uint16_t{1}, kind == op_kind::del ? "a delete" : "a delete",
              kind);
  }
  check_bad(value_length_at, limits::value_bytes_max + 1, "longer than 64 MiB");
  check_bad(value_length_at, UINT64_MAX, "longer than 64 MiB");
  check_bad(value_length_at, std::uint64_t{1023}, "do not add up");
  check_bad(value_length_at, std::uint64_t{1025}, "do not add up");
  check_bad(value_length_at, std::uint64_t{0}, "do not add up");
  check_bad(chunk_count_at, std::uint16_t{1}, "do not add up");
  check_bad(chunk_count_at, std::uint16_t{0}, "do not add up");
  check_bad(chunk_count_at, std::uint16_t{3}, "cut short");
  check_bad(chunk_count_at, static_cast<std::uint16_t>(limits::chunks_per_block_max + 1),
            "too many chunks");
  check_bad(chunk_count_at, std::uint16_t{UINT16_MAX}, "too many chunks");

  for (const auto at : {first_chunk_at, second_chunk_at}) {
    const auto* impossible = "impossible place";
    check_bad(at, std::uint64_t{0}, impossible);
    check_bad(at, layout::data_start - 64, impossible);
    check_bad(at, layout::data_start + 1, impossible);
    check_bad(at, layout::data_start + 63, impossible);
    check_bad(at, limits::file_bytes_max, impossible);
    check_bad(at, round_down(UINT64_MAX, 64), impossible);
    check_bad(at + 8, std::uint32_t{0}, impossible);
    check_bad(at + 8, static_cast<std::uint32_t>(limits::chunk_bytes_max + 1), impossible);
    check_bad(at + 8, UINT32_MAX, impossible);
    BOOST_CHECK(decode_with(op_kind::put, at, layout::data_start + 64).ok());
  }
}

BOOST_AUTO_TEST_CASE(names_are_1_to_1024_bytes_and_a_clear_has_none) {
  auto o = sample();
  for (const std::size_t size : {1U, 1024U}) {
    o.name = std::string(size, '\0');
    const auto bytes = bytes_of(o.get());
    BOOST_CHECK(decode(bytes).ok());
  }
  o.name.clear();
  check_fails_at(decode(bytes_of(o.get())), errc::corrupt, place, "name of no length");

  auto clear = sample(op_kind::clear);
  clear.name = "x";
  check_fails_at(decode(bytes_of(clear.get())), errc::corrupt, place, "name of no length");

  o.name = std::string(1024, 'n');
  auto longer = bytes_of(o.get());
  store_le(longer, name_length_at, std::uint16_t{1025});
  longer.insert(longer.begin() + name_at, std::byte{'n'});
  check_fails_at(decode(longer), errc::corrupt, place, "longer than 1024");

  o.name = std::string(1025, 'n');
  std::vector<std::byte> unused;
  byte_writer out{unused};
  BOOST_CHECK_THROW(encode_op(out, o.get()), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_value_of_no_length_is_a_value) {
  auto o = sample();
  o.value.value_length = 0;
  o.chunks.clear();
  const auto bytes = bytes_of(o.get());
  const auto back = decode(bytes);
  BOOST_REQUIRE(back.ok());
  BOOST_CHECK(is_same(*back, o.get()));
}

BOOST_AUTO_TEST_CASE(the_largest_value_in_the_most_chunks) {
  auto o = sample();
  o.chunks.clear();
  for (std::uint64_t i = 0; i < limits::chunks_per_block_max; ++i)
    o.chunks.push_back({{layout::data_start + 2 * i * page_size, page_size}, {i, ~i}});
  o.value.value_length = limits::value_bytes_max;
  const auto bytes = bytes_of(o.get());
  op_reader in{bytes, place};
  const auto back = in.next();
  BOOST_REQUIRE(back.ok());
  BOOST_CHECK(is_same(*back, o.get()));

  o.chunks.push_back(o.chunks.back());
  std::vector<std::byte> unused;
  byte_writer out{unused};
  BOOST_CHECK_THROW(encode_op(out, o.get()), invariant_violation);
}

// Whatever stands in a body, the reader ends, and what it gives holds what it promises.
BOOST_AUTO_TEST_CASE(random_damage_gives_a_valid_op_or_a_failure) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    random_source random{seed};
    std::vector<std::byte> body;
    byte_writer out{body};
    for (int i = 0; i < 3; ++i)
      encode_op(out, random_op(random, all_kinds[below(random, all_kinds.size())]).get());
    for (auto flips = 1 + below(random, 4); flips > 0; --flips)
      flip(body, below(random, body.size()), 1U << below(random, 8));
    op_reader in{body, place};
    while (!in.finished()) {
      const auto o = in.next();
      if (!o) {
        BOOST_REQUIRE(o.error().code == errc::corrupt ||
                      o.error().code == errc::unsupported_version);
        break;
      }
      std::uint64_t sum = 0;
      bool places = true;
      for (const auto& c : o->chunks) {
        sum += c.where.length;
        places = places && c.where.length >= 1 && c.where.length <= limits::chunk_bytes_max &&
                 c.where.offset >= layout::data_start && c.where.offset % 64 == 0 &&
                 c.where.end() <= limits::file_bytes_max;
      }
      if (!places || sum != o->value_length || o->ver == version{} || o->flags != 0 ||
          o->name.size() > 1024 || o->name.empty() != (o->kind == op_kind::clear))
        BOOST_ERROR("seed " << seed << ": an invalid op was let through");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
