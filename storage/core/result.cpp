#include <stowage/storage/core/result.hpp>

#include <cstring>

namespace stowage {

std::string describe(const failure& f) {
  std::string line{sentence_of(f.code)};
  if (!f.detail.empty()) line += ": " + f.detail;
  if (f.code == errc::conflict) {
    const auto show = [](version v) {
      return v == version{} ? std::string{"absent"} : std::to_string(v.value);
    };
    line += " (expected " + show(f.expected) + ", found " + show(f.actual) + ")";
  }
  if (f.offset) line += " at offset " + std::to_string(*f.offset);
  if (f.os_error != 0) line += std::string{" ("} + std::strerror(f.os_error) + ")";
  return line;
}

}  // namespace stowage
