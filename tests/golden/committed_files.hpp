// The files that the golden tests compare with, and the switch that writes them anew.
//
// With STOWAGE_WRITE_GOLDEN=1 in the environment the tests write what they would compare; then the
// difference is in the working tree, for a person to judge. A changed image of a released format is
// never right: it gets a new file beside the old one.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stowage::test {

inline const std::string golden_path = STOWAGE_SOURCE_DIR "/tests/golden/format-1.0.hex";
inline const std::string document_path = STOWAGE_SOURCE_DIR "/docs/on-disk-format.md";

inline bool is_writing_golden() {
  const auto* value = std::getenv("STOWAGE_WRITE_GOLDEN");
  return value != nullptr && std::string_view{value} == "1";
}

inline std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream out{path, std::ios::binary};
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) throw std::runtime_error{"cannot write " + path};
}

}  // namespace stowage::test
