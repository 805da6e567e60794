// The structures of the format as tables, and an image shown field by field with their help.
//
// Contract: the tables say a second time, without the code's encoders, where each field stands; the
// document shows the same tables and the same dump, and a test compares them.
// Concurrency: pure functions.
// Limits: `annotate` knows small stores only: one record, an empty checkpoint.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

struct structure;

struct field {
  std::string_view name;
  std::size_t size = 0;
  /// What it consists of; null for numbers, checksums and plain bytes.
  const structure* inner = nullptr;
};

struct structure {
  /// Its heading in the document.
  std::string_view title;
  std::vector<field> fields;

  [[nodiscard]] std::size_t size() const noexcept;
};

/// Every structure of the format.
[[nodiscard]] std::vector<const structure*> structures();

/// One line per field, zeros at the end of a structure in one. Throws std::runtime_error when a byte that
/// is not zero belongs to no field.
[[nodiscard]] std::string annotate(byte_view image);

}  // namespace stowage::test
