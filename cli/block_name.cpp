#include <stowage/cli/block_name.hpp>

#include <stowage/storage/core/limits.hpp>

#include <cstdint>

namespace stowage::cli {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& to, char c) {
  const auto byte = static_cast<unsigned char>(c);
  to += digits[byte >> 4U];
  to += digits[byte & 0xfU];
}

std::optional<unsigned> digit_value(char c) noexcept {
  if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const auto at = digits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string show_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c >= ' ' && c <= '~' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      append_hex(out, c);
    }
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) append_hex(out, c);
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digit_value(hex[i]);
    const auto low = digit_value(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high << 4U | *low);
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t more = 0;
    std::uint32_t point = first;
    std::uint32_t least = 0;
    if (first >= 0xf8 || (first >= 0x80 && first < 0xc0)) return false;
    if (first >= 0xf0) {
      more = 3;
      least = 0x10000;
      point = first & 0x07U;
    } else if (first >= 0xe0) {
      more = 2;
      least = 0x800;
      point = first & 0x0fU;
    } else if (first >= 0xc0) {
      more = 1;
      least = 0x80;
      point = first & 0x1fU;
    }
    if (text.size() <= more) return false;
    for (std::size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xc0U) != 0x80) return false;
      point = point << 6U | (next & 0x3fU);
    }
    // Neither a longer form than needed, nor half of a surrogate pair, nor beyond the last code point.
    if (point < least || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) return false;
    text.remove_prefix(more + 1);
  }
  return true;
}

result<void> check_name(std::string_view name) {
  if (!name.empty() && name.size() <= limits::name_bytes_max) return {};
  return fail(errc::limit_exceeded, "a name of " + std::to_string(name.size()) + " bytes");
}

}  // namespace stowage::cli
