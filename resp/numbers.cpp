#include <stowage/resp/numbers.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace stowage::resp {

namespace {

// Longer texts are no number anybody means.
constexpr std::size_t real_text_max = 256;

template <class T>
std::optional<T> parse_whole(std::string_view text) noexcept {
  T value{};
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  const auto digits = text.front() == '-' ? text.substr(1) : text;
  // "-0" is not how 0 is written.
  if (digits.front() == '0' && text.size() > 1) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  return parse_whole<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept {
  return parse_whole<std::uint64_t>(text);
}

std::optional<long double> parse_real(std::string_view text) {
  // strtold passes over blanks in front.
  if (text.empty() || text.size() > real_text_max ||
      text.find_first_of(" \t\n\v\f\r\0") != std::string_view::npos)
    return std::nullopt;
  const std::string copy{text};
  char* stop = nullptr;
  errno = 0;
  const auto value = std::strtold(copy.c_str(), &stop);
  if (stop != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

std::string show_real(long double value) {
  // The largest long double has 4,933 digits before the point.
  std::array<char, 5120> text{};
  const auto length = std::snprintf(text.data(), text.size(), "%.17Lf", value);
  std::string out{text.data(), static_cast<std::size_t>(length)};
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

}  // namespace stowage::resp
