#include <stowage/tests/support/stamped_value.hpp>

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stowage::test {

std::string make_stamp(std::uint64_t life, std::uint64_t client, std::uint64_t request,
                       std::size_t index, std::uint64_t bytes) {
  auto stamp = std::to_string(life) + "." + std::to_string(client) + "." + std::to_string(request) +
               "." + std::to_string(index) + "+" + std::to_string(bytes);
  invariant(bytes == 0 || (bytes >= stamped_bytes_min && stamp.size() < bytes),
            "a value too short for its stamp");
  return stamp;
}

std::uint64_t bytes_of_stamp(std::string_view stamp) {
  std::uint64_t bytes = 0;
  const auto plus = stamp.rfind('+');
  invariant(plus != std::string_view::npos, "a stamp without a length");
  std::from_chars(stamp.data() + plus + 1, stamp.data() + stamp.size(), bytes);
  return bytes;
}

std::string value_of(const std::string& stamp) {
  std::string value(bytes_of_stamp(stamp), '\0');
  if (value.empty()) return value;
  value.replace(0, stamp.size(), stamp);
  value[stamp.size()] = '\n';
  // xorshift64* (Vigna, 2014), seeded by the stamp: no two places of any two values are alike.
  auto state = checksum(as_bytes(stamp), 0).low | 1U;
  for (auto at = stamp.size() + 1; at < value.size(); at += sizeof state) {
    state ^= state >> 12U;
    state ^= state << 25U;
    state ^= state >> 27U;
    const auto word = state * 0x2545f4914f6cdd1dULL;
    std::memcpy(value.data() + at, &word, std::min(sizeof word, value.size() - at));
  }
  return value;
}

std::optional<std::string> stamp_of(std::string_view value) {
  if (value.empty()) return std::string{nameless_stamp};
  const auto end = value.substr(0, stamped_bytes_min).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string stamp{value.substr(0, end)};
  const auto is_of_a_stamp = [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '+'; };
  if (!std::ranges::all_of(stamp, is_of_a_stamp) || stamp.find('+') == std::string::npos)
    return std::nullopt;
  // Before that many bytes are made: what it says may be anything.
  if (bytes_of_stamp(stamp) != value.size() || value_of(stamp) != value) return std::nullopt;
  return stamp;
}

}  // namespace stowage::test
