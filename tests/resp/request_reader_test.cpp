// Requests come out the same however they are cut, and nothing is believed that is not there.
#include <stowage/resp/inline_request.hpp>
#include <stowage/resp/request_reader.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::resp;
namespace data = boost::unit_test::data;

namespace {

using words = std::vector<std::string>;

std::string show(const arguments& args) {
  std::string out;
  for (std::size_t i = 0; i < args.size(); ++i) out += (i == 0 ? "" : "|") + string_of(args, i);
  return out;
}

// What comes of these pieces: each request, and the mistake behind them.
words read_all(const words& pieces, const request_limits& limits = {}) {
  request_reader reader{limits};
  words out;
  for (const auto& p : pieces) {
    reader.feed(p);
    for (;;) {
      const auto next = reader.next();
      if (std::holds_alternative<request_reader::incomplete>(next)) break;
      if (const auto* wrong = std::get_if<request_reader::mistake>(&next)) {
        out.push_back("!" + wrong->what);
        return out;
      }
      out.push_back(show(std::get<arguments>(next)));
    }
  }
  return out;
}

struct sample {
  const char* bytes;
  words requests;
};

std::ostream& operator<<(std::ostream& out, const sample& s) { return out << s.bytes; }

const std::vector<sample> samples{
    {"*1\r\n$4\r\nPING\r\n", {"PING"}},
    {"*2\r\n$3\r\nGET\r\n$0\r\n\r\n", {"GET|"}},
    {"*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING\r\n", {"GET|a\r\nb", "PING"}},
    {"*0\r\n*-1\r\n\r\n\r\nPING\r\n", {"PING"}},
    {"PING\nECHO  hi\n", {"PING", "ECHO|hi"}},
    {"set \"a b\" '\\'x'\r\n", {"set|a b|'x"}},
    {"set \"\\x41\\n\" \"\\q\"\r\n", {"set|A\n|q"}},
    {"*1\r\n$4\r\nPING\r\n*1\r\n:1\r\n", {"PING", "!Protocol error: expected '$', got ':'"}},
    {"*1\r\nPING\r\n", {"!Protocol error: expected '$', got 'P'"}},
    {"*1\r\n\r\n", {"!Protocol error: expected '$', got ' '"}},
    {"*x\r\n", {"!Protocol error: invalid multibulk length"}},
    {"*01\r\n", {"!Protocol error: invalid multibulk length"}},
    {"*1048577\r\n", {"!Protocol error: invalid multibulk length"}},
    {"*99999999999999999999\r\n", {"!Protocol error: invalid multibulk length"}},
    {"*1\r\n$-1\r\n", {"!Protocol error: invalid bulk length"}},
    {"*1\r\n$x\r\n", {"!Protocol error: invalid bulk length"}},
    {"*1\r\n$67174401\r\n", {"!Protocol error: invalid bulk length"}},
    {"get \"a\r\n", {"!Protocol error: unbalanced quotes in request"}},
    {"get \"a\"b\r\n", {"!Protocol error: unbalanced quotes in request"}},
    {"get 'a\r\n", {"!Protocol error: unbalanced quotes in request"}},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(request_readers)

BOOST_DATA_TEST_CASE(requests_do_not_depend_on_how_they_are_cut, data::make(samples)) {
  const std::string bytes{sample.bytes};
  BOOST_TEST(read_all({bytes}) == sample.requests, boost::test_tools::per_element());
  words single;
  for (const char c : bytes) single.emplace_back(1, c);
  BOOST_TEST(read_all(single) == sample.requests, boost::test_tools::per_element());
  for (std::size_t cut = 1; cut < bytes.size(); ++cut)
    BOOST_TEST(read_all({bytes.substr(0, cut), bytes.substr(cut)}) == sample.requests,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_of_the_largest_size_comes_through_in_pieces) {
  const std::string value(limits::value_bytes_max, 'v');
  request_reader reader;
  reader.feed("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(value.size()) + "\r\n");
  constexpr std::size_t piece = 1'000'003;
  for (std::size_t at = 0; at < value.size(); at += piece) {
    BOOST_REQUIRE(std::holds_alternative<request_reader::incomplete>(reader.next()));
    reader.feed(std::string_view{value}.substr(at, piece));
    // Nothing of it waits in the reader's own buffer for longer.
    BOOST_REQUIRE(std::holds_alternative<request_reader::incomplete>(reader.next()));
    BOOST_REQUIRE(reader.buffered() == 0U);
  }
  reader.feed("\r\nPING\r\n");
  const auto next = reader.next();
  const auto* args = std::get_if<arguments>(&next);
  BOOST_REQUIRE(args != nullptr);
  BOOST_TEST((text_of(*args, 2) == value));
  BOOST_TEST(show(std::get<arguments>(reader.next())) == "PING");
}

BOOST_AUTO_TEST_CASE(all_arguments_together_are_bounded) {
  request_limits limits;
  limits.request_bytes_max = 1000;
  BOOST_TEST(read_all({"*2\r\n$400\r\n" + std::string(400, 'a') + "\r\n$500\r\n"}, limits) ==
                 words{"!Protocol error: too big request"},
             boost::test_tools::per_element());
  BOOST_TEST(read_all({"*16\r\n"}, limits) == words{"!Protocol error: too big request"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_line_is_bounded_also_while_its_end_is_missing) {
  const std::string line(line_bytes_max + 1, 'a');
  BOOST_TEST(read_all({line}) == words{"!Protocol error: too big inline request"},
             boost::test_tools::per_element());
  BOOST_TEST(read_all({"*" + line}) == words{"!Protocol error: too big mbulk count string"},
             boost::test_tools::per_element());
  BOOST_TEST(read_all({"*1\r\n$" + line}) == words{"!Protocol error: too big bulk count string"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(strangers_have_less) {
  BOOST_TEST(read_all({"*11\r\n"}, stranger_limits) ==
                 words{"!Protocol error: unauthenticated multibulk length"},
             boost::test_tools::per_element());
  BOOST_TEST(read_all({"*1\r\n$16385\r\n"}, stranger_limits) ==
                 words{"!Protocol error: unauthenticated bulk length"},
             boost::test_tools::per_element());
  BOOST_TEST(read_all({"*1\r\n$4\r\nPING\r\n"}, stranger_limits) == words{"PING"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mistake_is_final) {
  request_reader reader;
  reader.feed("*x\r\n");
  BOOST_TEST(std::holds_alternative<request_reader::mistake>(reader.next()));
  reader.feed("PING\r\n");
  BOOST_TEST(std::holds_alternative<request_reader::mistake>(reader.next()));
}

BOOST_AUTO_TEST_SUITE_END()
