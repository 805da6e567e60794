// Incompressible bytes of which any slice is a value.
//
// Contract: the same seed gives the same values; those of numbers below 2^20 all differ, and neighbours do not
// overlap. Beyond, they come again.
// Concurrency: immutable; any thread.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace stowage::bench {

class value_source {
 public:
  value_source(std::size_t value_bytes, std::uint64_t seed);

  /// The value of number `n`.
  [[nodiscard]] shared_bytes value(std::uint64_t n) const;
  /// The same without a share in its ownership: threads that count up one owner wait for each other.
  [[nodiscard]] byte_view view(std::uint64_t n) const;

 private:
  std::size_t value_bytes_;
  shared_bytes pool_;
};

}  // namespace stowage::bench
