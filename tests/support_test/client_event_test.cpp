// Events come out of their lines as they went in, and nothing else does.
#include <stowage/tests/support/client_event.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace stowage;
using namespace stowage::test;

namespace {

void comes_back(std::string_view line) {
  const auto event = decode_client_event(line);
  BOOST_TEST_REQUIRE(event.has_value(), std::string{line});
  BOOST_TEST(encode(*event) == std::string{line} + "\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_events)

BOOST_AUTO_TEST_CASE(every_kind_comes_back) {
  for (const auto* line : {"opening",
                           "opened 3-17",
                           "ask 0 1 durable whole n1=1.0.1.0+400 n2=-",
                           "ask 2 7 accepted each n1=1.2.7.0+0",
                           "got 0 1 5 6",
                           "got 2 7 !conflict:9 12 !no_space:0",
                           "refused 0 1 !conflict:9 n1",
                           "refused 0 1 !io_error:0 -",
                           "get 1 2 n3",
                           "saw 1 2 n3 9 1.0.1.0+40",
                           "saw 1 2 n3 -",
                           "list 1 3",
                           "listed 1 3",
                           "listed 1 3 n1=5 n2=6",
                           "flush 1 4",
                           "flushed 1 4",
                           "checkpoint 1 5",
                           "checkpointed 1 5",
                           "compact 1 6",
                           "compacted 1 6",
                           "failed 1 4 !poisoned:0 -",
                           "closing",
                           "closed"})
    comes_back(line);
}

BOOST_AUTO_TEST_CASE(their_parts_are_understood) {
  const auto ask = decode_client_event("ask 2 7 durable each n1=1.2.7.0+40 n2=-");
  BOOST_TEST_REQUIRE(ask.has_value());
  BOOST_TEST((ask->what == client_event_kind::ask));
  BOOST_TEST(ask->client == 2U);
  BOOST_TEST(ask->request == 7U);
  BOOST_TEST(ask->durable);
  BOOST_TEST(!ask->whole);
  BOOST_TEST((ask->blocks.at(0).value == "1.2.7.0+40"));
  BOOST_TEST(!ask->blocks.at(1).value.has_value());

  const auto got = decode_client_event("got 2 7 !conflict:9 12");
  BOOST_TEST_REQUIRE(got.has_value());
  BOOST_TEST((got->answers.at(0) == write_answer{{}, errc::conflict, version{9}}));
  BOOST_TEST((got->answers.at(1) == write_answer{version{12}, errc::none, {}}));
}

BOOST_AUTO_TEST_CASE(nothing_else_is_an_event) {
  for (const auto* line : {"", " ", "open", "opening now", "opened", "ask 0 1", "ask 0 1 durable",
                           "ask 0 x durable each", "ask 0 1 durable each n1", "got 0", "got 0 1 x",
                           "got 0 1 !conflict", "got 0 1 !nonsense:1", "saw 1 2 n3", "saw 1 2 n3 9",
                           "listed 1 3 n1=", "closed 1"})
    BOOST_TEST(!decode_client_event(line).has_value(), line);
}

BOOST_AUTO_TEST_SUITE_END()
