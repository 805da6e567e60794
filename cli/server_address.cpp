#include <stowage/cli/server_address.hpp>

#include <charconv>
#include <system_error>

namespace stowage::cli {

std::optional<server_address> parse_server_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  server_address out;
  out.text = text;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc{} || stop != end || out.port == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of(std::string_view{"[]\0 ", 4}) != std::string_view::npos)
    return std::nullopt;
  out.host = host;
  return out;
}

}  // namespace stowage::cli
