// What the metrics server answers to which request.
#include <stowage/cli/metrics_page.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace stowage::cli;

namespace {

std::optional<std::string> answer(std::string_view received) {
  return answer_to(received, [] { return std::string{"metric 1\n"}; });
}

std::string status_of(std::string_view received) {
  const auto told = answer(received);
  if (!told) return "none yet";
  constexpr std::string_view version = "HTTP/1.1 ";
  BOOST_TEST_REQUIRE(told->starts_with(version));
  return told->substr(version.size(), 3);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_page)

BOOST_AUTO_TEST_CASE(the_page_comes_with_its_type_and_length) {
  const auto told = answer("GET /metrics HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n");
  BOOST_TEST(told.value() ==
             "HTTP/1.1 200 OK\r\n"
             "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
             "Content-Length: 9\r\n"
             "Connection: close\r\n\r\n"
             "metric 1\n");
}

BOOST_AUTO_TEST_CASE(a_request_is_answered_once_it_is_whole) {
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";
  for (std::size_t length = 0; length < request.size(); ++length)
    BOOST_TEST(!answer(std::string_view{request}.substr(0, length)).has_value());
  BOOST_TEST(status_of(request) == "200");
  BOOST_TEST(status_of(request + "and more") == "200");
}

BOOST_AUTO_TEST_CASE(arguments_are_passed_over_and_HTTP_may_be_old) {
  BOOST_TEST(status_of("GET /metrics?name=x HTTP/1.1\r\n\r\n") == "200");
  BOOST_TEST(status_of("GET /metrics HTTP/1.0\r\n\r\n") == "200");
}

BOOST_AUTO_TEST_CASE(a_head_has_no_body) {
  const auto told = answer("HEAD /metrics HTTP/1.1\r\n\r\n").value();
  BOOST_TEST(told.find("Content-Length: 9\r\n") != std::string::npos);
  BOOST_TEST(told.ends_with("\r\n\r\n"));
  BOOST_TEST(answer("HEAD / HTTP/1.1\r\n\r\n")->ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(other_requests_are_refused) {
  BOOST_TEST(status_of("GET / HTTP/1.1\r\n\r\n") == "404");
  BOOST_TEST(status_of("GET /metricsx HTTP/1.1\r\n\r\n") == "404");
  BOOST_TEST(status_of("POST /metrics HTTP/1.1\r\n\r\n") == "405");
  BOOST_TEST(answer("POST /metrics HTTP/1.1\r\n\r\n")->find("\r\nAllow: GET, HEAD\r\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_HTTP_is_refused) {
  for (const auto* line : {"", "GET", "GET /metrics", "GET /metrics HTTP/2", " /metrics HTTP/1.1",
                           "GET  HTTP/1.1", "GET /a b HTTP/1.1", "\x16\x03\x01 \x01 HTTP"})
    BOOST_TEST(status_of(std::string{line} + "\r\n\r\n") == "400", line);
}

BOOST_AUTO_TEST_CASE(a_request_has_a_largest_length) {
  const std::string begin = "GET /metrics HTTP/1.1\r\nX: ";
  const std::string end = "\r\n\r\n";
  const auto longest = begin + std::string(request_bytes_max - begin.size(), 'x');
  BOOST_TEST(status_of(longest) == "none yet");
  BOOST_TEST(status_of(longest + "x") == "431");
  BOOST_TEST(status_of(longest + "x" + end) == "431");
  BOOST_TEST(status_of(longest.substr(0, longest.size() - 1) + end) == "200");
}

BOOST_AUTO_TEST_SUITE_END()
