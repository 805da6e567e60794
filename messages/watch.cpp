#include <stowage/messages/watch.hpp>

#include <array>
#include <string_view>

namespace stowage {

namespace {

constexpr std::array<std::string_view, 4> names{"put", "deleted", "expired", "cleared"};

}  // namespace

std::string to_string(change_kind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return std::string{number < names.size() ? names[number] : "unknown"};
}

bool from_string(compat::string_view in, change_kind& out) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != std::string_view{in.data(), in.size()}) continue;
    out = static_cast<change_kind>(i);
    return true;
  }
  return false;
}

bool from_integer(std::uint8_t in, change_kind& out) {
  if (in >= names.size()) return false;
  out = static_cast<change_kind>(in);
  return true;
}

}  // namespace stowage
