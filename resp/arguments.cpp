#include <stowage/resp/arguments.hpp>

#include <algorithm>

namespace stowage::resp {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

arguments make_arguments(const std::vector<std::string>& texts) {
  arguments args;
  args.reserve(texts.size());
  for (const auto& t : texts) args.emplace_back(t);
  return args;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

}  // namespace stowage::resp
