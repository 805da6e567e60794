// Patterns, numbers, replies on the wire, output, cursors and credit.
#include <stowage/resp/credit_gate.hpp>
#include <stowage/resp/cursor_table.hpp>
#include <stowage/resp/glob.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/resp/output_queue.hpp>
#include <stowage/resp/reply.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <string>

using namespace stowage;
using namespace stowage::resp;

namespace {

std::string wire(const reply& r, int protocol) {
  output_queue out;
  write(r, protocol, out);
  std::string text;
  while (!out.empty()) {
    std::array<iovec, 3> pieces{};
    std::size_t taken = 0;
    const auto count = out.peek(pieces);
    for (std::size_t i = 0; i < count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      taken += pieces[i].iov_len;
    }
    out.drop(taken);
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(patterns) {
  BOOST_TEST(matches("*", ""));
  BOOST_TEST(matches("a*c", "abbbc"));
  BOOST_TEST(!matches("a*c", "abbb"));
  BOOST_TEST(matches("h?llo", "hello"));
  BOOST_TEST(!matches("h?llo", "hllo"));
  BOOST_TEST(matches("h[ae]llo", "hallo"));
  BOOST_TEST(!matches("h[^e]llo", "hello"));
  BOOST_TEST(matches("h[a-b]llo", "hbllo"));
  BOOST_TEST(matches("h[b-a]llo", "hallo"));
  BOOST_TEST(matches("\\*", "*"));
  BOOST_TEST(!matches("\\*", "a"));
  BOOST_TEST(matches("[\\]]", "]"));
  BOOST_TEST(matches("[a", "a"));
  BOOST_TEST(matches("**a**", "xay"));
  BOOST_TEST(!matches("", "a"));
  BOOST_TEST(matches_any_case("MAX*", "maxclients"));
  BOOST_TEST(literal_prefix("user:\\*[ab]") == "user:*");
  BOOST_TEST(literal_prefix("plain") == "plain");
}

BOOST_AUTO_TEST_CASE(a_pattern_of_many_stars_takes_no_time) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  // Exponential, this would not end.
  BOOST_TEST(!matches(pattern + "b", std::string(10'000, 'a')));
}

BOOST_AUTO_TEST_CASE(numbers_are_written_one_way) {
  BOOST_TEST(*parse_integer("0") == 0);
  BOOST_TEST(*parse_integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const auto* text :
       {"", "+1", " 1", "1 ", "01", "-0", "-01", "1.0", "9223372036854775808", "-", "0x1"})
    BOOST_TEST(!parse_integer(text).has_value(), text);
  BOOST_TEST(*parse_unsigned("18446744073709551615") == UINT64_MAX);
  BOOST_TEST(!parse_unsigned("-1").has_value());
  BOOST_TEST(show_real(*parse_real("3.0e3")) == "3000");
  BOOST_TEST(show_real(*parse_real("10.5") + *parse_real("0.1")) == "10.6");
  BOOST_TEST(show_real(*parse_real("-0.0")) == "0");
  for (const auto* text : {"", " 1", "1 ", "abc", "1x", "nan"})
    BOOST_TEST(!parse_real(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(replies_in_both_versions) {
  BOOST_TEST(wire(reply::nothing(), 2) == "$-1\r\n");
  BOOST_TEST(wire(reply::nothing(), 3) == "_\r\n");
  BOOST_TEST(wire(reply::nothing_array(), 2) == "*-1\r\n");
  BOOST_TEST(wire(reply::ok(), 2) == "+OK\r\n");
  BOOST_TEST(wire(reply::error("ERR a\r\nb"), 3) == "-ERR a  b\r\n");
  BOOST_TEST(wire(reply::integer(-3), 2) == ":-3\r\n");
  BOOST_TEST(wire(reply::string(std::string{"a\r\n"}), 2) == "$3\r\na\r\n\r\n");
  BOOST_TEST(wire(reply::verbatim("hi"), 2) == "$2\r\nhi\r\n");
  BOOST_TEST(wire(reply::verbatim("hi"), 3) == "=6\r\ntxt:hi\r\n");
  const auto map = reply::map({reply::string(std::string{"k"}), reply::integer(1)});
  BOOST_TEST(wire(map, 2) == "*2\r\n$1\r\nk\r\n:1\r\n");
  BOOST_TEST(wire(map, 3) == "%1\r\n$1\r\nk\r\n:1\r\n");
  BOOST_TEST(wire(reply::array({reply::nothing(), reply::array()}), 2) == "*2\r\n$-1\r\n*0\r\n");
}

BOOST_AUTO_TEST_CASE(a_large_value_goes_out_from_where_it_is) {
  const payload value{std::string(100'000, 'v')};
  output_queue out;
  out.append("head");
  out.append(value);
  out.append("tail");
  BOOST_TEST(out.size() == 100'008U);
  std::array<iovec, 8> pieces{};
  BOOST_REQUIRE(out.peek(pieces) == 3U);
  BOOST_TEST(pieces[1].iov_base == static_cast<const void*>(value.data()));
  out.drop(10);
  BOOST_REQUIRE(out.peek(pieces) == 2U);
  BOOST_TEST(pieces[0].iov_base == static_cast<const void*>(value.data() + 6));
  out.drop(out.size());
  BOOST_TEST(out.empty());
  BOOST_TEST(out.peek(pieces) == 0U);
}

BOOST_AUTO_TEST_CASE(cursors_are_good_until_so_many_newer_ones) {
  cursor_table table;
  BOOST_TEST(*table.find(0) == "");
  const auto first = table.add("a");
  BOOST_TEST(first != 0U);
  BOOST_TEST(*table.find(first) == "a");
  BOOST_TEST(!table.find(first + 1).has_value());
  for (std::size_t i = 1; i < cursors_max; ++i) (void)table.add("b");
  BOOST_TEST(*table.find(first) == "a");
  (void)table.add("c");
  BOOST_TEST(!table.find(first).has_value());
}

BOOST_AUTO_TEST_CASE(credit_is_shared_and_a_giant_goes_alone) {
  credit_limits limits;
  limits.max_ops = 10;
  limits.max_bytes = limits::mib;
  credit_gate gate{limits};
  const request_cost small{4, 1000, 0};
  gate.take(small);
  gate.take(small);
  BOOST_TEST(gate.is_open());
  BOOST_TEST(!gate.fits(small));
  BOOST_TEST(gate.fits({2, 0, 0}));
  BOOST_TEST(!gate.fits({1, limits::mib, 0}));
  gate.give_back(small);
  gate.give_back(small);
  const request_cost giant{100, 2 * limits::mib, 0};
  BOOST_TEST(gate.fits(giant));
  gate.take(giant);
  BOOST_TEST(!gate.is_open());
  BOOST_TEST(!gate.fits({1, 0, 0}));
  BOOST_TEST(gate.fits({0, 0, 1}));
  gate.give_back(giant);
  BOOST_TEST((gate.taken() == request_cost{}));
}

BOOST_AUTO_TEST_CASE(what_requests_cost) {
  put_many_request many;
  many.writes.resize(3);
  many.writes[1].value = payload{std::string(100, 'v')};
  BOOST_TEST((cost_of(many) == request_cost{3, 100, 0}));
  commit_request commit;
  BOOST_TEST((cost_of(commit) == request_cost{1, 0, 0}));
  BOOST_TEST((cost_of(get_request{"a"}) == request_cost{0, 0, 1}));
  BOOST_TEST((cost_of(clear_request{}) == request_cost{1, 0, 0}));
  BOOST_TEST((cost_of(flush_request{}) == request_cost{}));
}

BOOST_AUTO_TEST_SUITE_END()
