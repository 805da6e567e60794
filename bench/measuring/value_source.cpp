#include <stowage/bench/measuring/value_source.hpp>

#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace stowage::bench {

namespace {

constexpr std::size_t slices = std::size_t{1} << 20U;

// An odd factor permutes the starts, so that neighbours do not overlap.
constexpr std::size_t start_of(std::uint64_t n) { return (n * 40'503) % slices; }

}  // namespace

value_source::value_source(std::size_t value_bytes, std::uint64_t seed)
    : value_bytes_{value_bytes} {
  // A slice starts at each byte.
  std::mt19937_64 random{seed};
  std::vector<std::byte> bytes(slices + value_bytes);
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= bytes.size();
       at += sizeof(std::uint64_t)) {
    const auto n = random();
    std::memcpy(bytes.data() + at, &n, sizeof n);
  }
  pool_ = shared_bytes{std::move(bytes)};
}

shared_bytes value_source::value(std::uint64_t n) const {
  return pool_.slice(start_of(n), value_bytes_);
}

byte_view value_source::view(std::uint64_t n) const {
  return pool_.view().subspan(start_of(n), value_bytes_);
}

}  // namespace stowage::bench
