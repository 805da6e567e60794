// An address to listen on, as HOST:PORT.
//
// Contract: HOST is a numeric IPv4 address or an IPv6 address in brackets; nothing is looked up. Port 0 is any
// free one.
// Concurrency: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stowage {

struct endpoint {
  /// Without brackets.
  std::string host;
  std::uint16_t port = 0;
  bool is_ipv6 = false;
  /// Only this machine reaches it.
  bool is_loopback = false;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_string(const endpoint& where);

}  // namespace stowage
