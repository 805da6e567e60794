// Random valid structures of the format, and ways to damage their bytes on purpose.
#pragma once

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/op.hpp>
#include <stowage/storage/format/superblock.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::test {

using random_source = std::mt19937_64;

inline std::uint64_t below(random_source& random, std::uint64_t end) {
  return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random);
}

inline hash128 random_hash(random_source& random) { return {random(), random()}; }

/// Any bytes, NUL among them.
inline std::string random_name(random_source& random, std::size_t bytes) {
  std::string name(bytes, '\0');
  for (auto& c : name) c = static_cast<char>(below(random, 256));
  return name;
}

inline area_ref random_area(random_source& random) {
  area_ref a;
  a.where.length = limits::journal_area_bytes_min + below(random, 64) * page_size;
  a.where.offset = layout::data_start + below(random, std::uint64_t{1} << 30U) * page_size;
  a.salt = random();
  return a;
}

inline root random_root(random_source& random) {
  root r;
  r.manifest = {layout::data_start + below(random, 1'000'000) * page_size,
                (1 + below(random, 50)) * page_size};
  r.manifest_sum = random_hash(random);
  r.entry_count = below(random, limits::blocks_max + 1);
  r.start.last = lsn{random()};
  r.start.area = random_area(random);
  r.start.offset =
      r.start.area.where.offset +
      below(random, r.start.area.where.length / page_size + 1) * page_size;  // the end included
  r.start.previous = random_hash(random);
  if (below(random, 4) != 0) r.start.next = random_area(random);
  return r;
}

inline superblock random_superblock(random_source& random) {
  superblock sb;
  sb.feature_compat = random();
  sb.feature_ro_compat = random();
  for (auto& b : sb.id) b = static_cast<std::byte>(below(random, 256));
  sb.gen = generation{random()};
  sb.ep = epoch{random()};
  sb.fence = lsn{random()};
  sb.hash_seed = random();
  sb.clean = below(random, 2) != 0;
  sb.min_file_bytes = below(random, limits::file_bytes_max + 1);
  sb.version_floor = version{random()};
  sb.current = random_root(random);
  if (below(random, 4) != 0) sb.previous = random_root(random);
  return sb;
}

/// An op with the memory it views.
struct owned_op {
  op value;
  std::string name;
  std::vector<chunk> chunks;

  [[nodiscard]] op get() const noexcept {
    auto o = value;
    o.name = name;
    o.chunks = chunks;
    return o;
  }
};

inline owned_op random_op(random_source& random, op_kind kind, std::size_t chunks_max = 5) {
  owned_op o;
  o.value.kind = kind;
  o.value.ver = version{1 + below(random, UINT64_MAX - 1)};
  if (kind != op_kind::clear) o.name = random_name(random, 1 + below(random, 40));
  if (kind == op_kind::put || kind == op_kind::relocate) {
    o.value.expires_at_ms = below(random, 2) != 0 ? random() : 0;
    const auto count = below(random, chunks_max + 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      chunk c;
      c.where.length = 1 + below(random, limits::chunk_bytes_max);
      c.where.offset =
          layout::data_start + below(random, std::uint64_t{1} << 36U) * limits::packing_unit;
      c.sum = random_hash(random);
      o.value.value_length += c.where.length;
      o.chunks.push_back(c);
    }
  }
  return o;
}

inline bool is_same(const op& a, const op& b) {
  return a.kind == b.kind && a.flags == b.flags && a.name == b.name && a.ver == b.ver &&
         a.expires_at_ms == b.expires_at_ms && a.value_length == b.value_length &&
         std::ranges::equal(a.chunks, b.chunks);
}

/// A copy of `bytes` to be damaged.
inline std::vector<std::byte> copy_of(byte_view bytes) { return {bytes.begin(), bytes.end()}; }

inline void flip(std::vector<std::byte>& bytes, std::size_t at, unsigned mask = 0xff) {
  bytes.at(at) ^= static_cast<std::byte>(mask);
}

/// Makes the checksum at `at` right again for the bytes before it.
inline void resum(std::vector<std::byte>& bytes, std::size_t at, std::uint64_t seed) {
  const auto sum = checksum(byte_view{bytes}.first(at), seed);
  store_le(bytes, at, sum.low);
  store_le(bytes, at + 8, sum.high);
}

/// `detail` is part of what the failure says; empty = anything.
template <class T>
void check_fails(const result<T>& r, errc code, std::string_view detail = {}) {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(name_of(r.error().code) == name_of(code));
  BOOST_TEST(r.error().detail.find(detail) != std::string::npos,
             "\"" << r.error().detail << "\" does not say \"" << detail << "\"");
}

template <class T>
void check_fails_at(const result<T>& r, errc code, std::uint64_t offset,
                    std::string_view detail = {}) {
  check_fails(r, code, detail);
  BOOST_REQUIRE(r.error().offset.has_value());
  BOOST_TEST(*r.error().offset == offset);
}

}  // namespace stowage::test
