// Where a store is served, as a user writes it: HOST:PORT.
//
// Contract: HOST is a name, an IPv4 address or an IPv6 address in brackets; PORT is 1 to 65535.
// Concurrency: plain values.
// Limits: whether there is such a host is not looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::cli {

struct server_address {
  /// Without brackets.
  std::string host;
  std::uint16_t port = 0;
  /// As it was written, for complaints.
  std::string text;

  friend bool operator==(const server_address&, const server_address&) = default;
};

[[nodiscard]] std::optional<server_address> parse_server_address(std::string_view text);

}  // namespace stowage::cli
