// The keys of a file in CAF's config syntax, each with its line.
//
// Contract: names every key and section in the order of the file. CAF's own parser gives values without
// lines, keeps the last of two equal keys, and takes a file that ends inside a section for one without
// that section; so structure is judged here: an unclosed section or text, a key that stands twice, and a
// dotted key (which CAF reads as something else) are mistakes.
// Concurrency: a pure function.
// Limits: values are skipped, not understood; sections nest at most 16 deep, and so do lists.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stowage {

struct config_key {
  /// With the sections it stands in: `stowage.batch.max-ops`.
  std::string name;
  /// From 1.
  std::size_t line = 0;
  bool is_section = false;

  friend bool operator==(const config_key&, const config_key&) = default;
};

struct config_mistake {
  std::size_t line = 0;
  /// What is wrong and, after a colon, what to do.
  std::string what;

  friend bool operator==(const config_mistake&, const config_mistake&) = default;
};

[[nodiscard]] std::variant<std::vector<config_key>, config_mistake> scan_keys(
    std::string_view text);

}  // namespace stowage
