#include <stowage/cli/metrics_page.hpp>

#include <fmt/format.h>

namespace stowage::cli {

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

struct request_line {
  std::string_view method;
  /// Without what stands behind a `?`.
  std::string_view path;
};

std::optional<request_line> parse(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last <= first + 1 ||
      !line.substr(last + 1).starts_with("HTTP/1."))
    return std::nullopt;
  const auto target = line.substr(first + 1, last - first - 1);
  if (target.find(' ') != std::string_view::npos) return std::nullopt;
  return request_line{line.substr(0, first), target.substr(0, target.find('?'))};
}

std::string head(std::string_view status, std::size_t body_bytes, std::string_view more = {}) {
  return fmt::format(
      "HTTP/1.1 {}\r\n"
      "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
      "Content-Length: {}\r\n"
      "{}"
      "Connection: close\r\n\r\n",
      status, body_bytes, more);
}

std::string refusal(std::string_view status, std::string_view body, std::string_view more = {}) {
  return head(status, body.size(), more).append(body);
}

}  // namespace

std::optional<std::string> answer_to(std::string_view received,
                                     const std::function<std::string()>& page) {
  const auto end = received.find(end_of_head);
  if (end == std::string_view::npos && received.size() <= request_bytes_max) return std::nullopt;
  if (end > request_bytes_max)
    return refusal("431 Request Header Fields Too Large", "the request is too long\n");
  const auto request = parse(received.substr(0, received.find("\r\n")));
  if (!request) return refusal("400 Bad Request", "this is not HTTP\n");
  const bool wants_head = request->method == "HEAD";
  if (!wants_head && request->method != "GET")
    return refusal("405 Method Not Allowed", "only GET and HEAD are answered\n",
                   "Allow: GET, HEAD\r\n");
  if (request->path != "/metrics")
    return refusal("404 Not Found", wants_head ? "" : "metrics are at /metrics\n");
  const auto body = page();
  auto answer = head("200 OK", body.size());
  if (!wants_head) answer += body;
  return answer;
}

}  // namespace stowage::cli
