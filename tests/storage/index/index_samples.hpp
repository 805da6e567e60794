// Ops with the memory they view, for tests of the index.
#pragma once

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/op.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace stowage::test {

using random_source = std::mt19937_64;

inline std::uint64_t below(random_source& random, std::uint64_t end) {
  return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random);
}

/// A valid op that owns its name and chunks.
struct owned_op {
  op_kind kind = op_kind::put;
  std::string name;
  version ver;
  std::uint16_t flags = 0;
  std::uint64_t expires_at_ms = 0;
  std::vector<chunk> chunks;

  [[nodiscard]] std::uint64_t value_length() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& c : chunks) sum += c.where.length;
    return sum;
  }
  [[nodiscard]] op get() const noexcept {
    return {kind, flags, name, ver, expires_at_ms, value_length(), chunks};
  }
};

/// Chunks that no two calls give alike.
inline std::vector<chunk> random_chunks(random_source& random, std::uint64_t count) {
  std::vector<chunk> chunks(count);
  for (auto& c : chunks) {
    c.where.offset = layout::data_start + below(random, std::uint64_t{1} << 40U) * 64;
    c.where.length = 1 + below(random, limits::chunk_bytes_max);
    c.sum = {random(), random()};
  }
  return chunks;
}

inline owned_op put_of(std::string name, std::uint64_t ver, std::vector<chunk> chunks = {}) {
  owned_op o;
  o.name = std::move(name);
  o.ver = version{ver};
  o.chunks = std::move(chunks);
  return o;
}

inline owned_op op_of(op_kind kind, std::string name, std::uint64_t ver) {
  auto o = put_of(std::move(name), ver);
  o.kind = kind;
  return o;
}

}  // namespace stowage::test
