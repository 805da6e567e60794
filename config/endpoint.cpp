#include <stowage/config/endpoint.hpp>

#include <caf/error.hpp>
#include <caf/ipv4_address.hpp>
#include <caf/ipv6_address.hpp>

#include <charconv>

namespace stowage {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return port;
}

}  // namespace

std::optional<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  auto host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  endpoint out;
  out.port = *port;
  out.is_ipv6 = host.front() == '[' && host.back() == ']' && host.size() > 2;
  if (out.is_ipv6) host = host.substr(1, host.size() - 2);
  out.host = host;
  if (out.is_ipv6) {
    caf::ipv6_address address;
    if (caf::parse(out.host, address)) return std::nullopt;
    out.is_loopback = address.is_loopback();
  } else {
    caf::ipv4_address address;
    if (caf::parse(out.host, address)) return std::nullopt;
    out.is_loopback = address.is_loopback();
  }
  return out;
}

std::string to_string(const endpoint& where) {
  const auto host = where.is_ipv6 ? "[" + where.host + "]" : where.host;
  return host + ":" + std::to_string(where.port);
}

}  // namespace stowage
