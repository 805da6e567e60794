#include <stowage/tests/golden/hexdump.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <stdexcept>

namespace stowage::test {

namespace {

constexpr std::size_t line_bytes = 16;

}  // namespace

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string text;
  for (; value != 0; value >>= 4U) text.insert(text.begin(), "0123456789abcdef"[value & 0xfU]);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

std::string to_hexdump(byte_view image) {
  std::string text = "size " + std::to_string(image.size()) + "\n";
  for (std::size_t at = 0; at < image.size(); at += line_bytes) {
    const auto line = image.subspan(at, std::min(line_bytes, image.size() - at));
    if (std::ranges::all_of(line, [](std::byte b) { return b == std::byte{0}; })) continue;
    text += hex(at, 8) + " ";
    std::string readable;
    for (const auto b : line) {
      const auto value = std::to_integer<unsigned>(b);
      text += " " + hex(value, 2);
      readable += value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '.';
    }
    text += "  |" + readable + "|\n";
  }
  return text;
}

std::vector<std::byte> from_hexdump(std::string_view text) {
  std::istringstream lines{std::string{text}};
  std::vector<std::byte> image;
  for (std::string line; std::getline(lines, line);) {
    const auto refuse = [&line] { throw std::runtime_error{"not a line of a hexdump: " + line}; };
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    if (line.starts_with("size ")) {
      std::string word;
      std::size_t size = 0;
      if (!(words >> word >> size)) refuse();
      image.resize(size);
      continue;
    }
    std::size_t at = 0;
    if (!(words >> std::hex >> at)) refuse();
    for (std::size_t i = 0; i < line_bytes && at + i < image.size(); ++i) {
      unsigned value = 0;
      if (!(words >> value) || value > 0xff) refuse();
      image[at + i] = static_cast<std::byte>(value);
    }
    if (at >= image.size()) refuse();
  }
  return image;
}

}  // namespace stowage::test
