#include <stowage/config/nearest_key.hpp>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace stowage {

namespace {

std::string_view last_part(std::string_view key) noexcept {
  // npos + 1 is 0: the whole key.
  return key.substr(key.rfind('.') + 1);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // One row of the table of distances between all prefixes.
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view nearest_key(std::string_view key, std::span<const std::string_view> known) {
  const auto distance = [key](std::string_view candidate) {
    return std::pair{edit_distance(last_part(key), last_part(candidate)),
                     edit_distance(key, candidate)};
  };
  return *std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
    return distance(a) < distance(b);
  });
}

}  // namespace stowage
