#include <stowage/resp/glob.hpp>

#include <stowage/resp/arguments.hpp>

#include <utility>

namespace stowage::resp {

namespace {

// What a pattern that is not `*` says of one byte, and where the pattern goes on.
struct step {
  bool takes = false;
  std::size_t next = 0;
};

step match_set(std::string_view pattern, std::size_t at, char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  bool negated = false;
  bool found = false;
  ++at;
  if (at < pattern.size() && pattern[at] == '^') {
    negated = true;
    ++at;
  }
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found = found || pattern[at] == c;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      auto low = static_cast<unsigned char>(pattern[at]);
      auto high = static_cast<unsigned char>(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      found = found || (low <= byte && byte <= high);
      at += 2;
    } else {
      found = found || pattern[at] == c;
    }
  }
  return {found != negated, at < pattern.size() ? at + 1 : at};
}

step match_one(std::string_view pattern, std::size_t at, char c) noexcept {
  switch (pattern[at]) {
    case '?': return {true, at + 1};
    case '[': return match_set(pattern, at, c);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default: return {pattern[at] == c, at + 1};
  }
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  // Behind the last `*`, and the text it has not taken yet: only that star ever has to take more.
  std::size_t star = std::string_view::npos;
  std::size_t rest = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      rest = t;
      continue;
    }
    if (p < pattern.size()) {
      const auto s = match_one(pattern, p, text[t]);
      if (s.takes) {
        p = s.next;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    p = star;
    t = ++rest;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_any_case(std::string_view pattern, std::string_view text) {
  return matches(lower_case(pattern), lower_case(text));
}

std::string literal_prefix(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[') break;
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    out += pattern[i];
  }
  return out;
}

}  // namespace stowage::resp
