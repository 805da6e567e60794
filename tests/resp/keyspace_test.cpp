// Keyspace events: who is told what, in which words, and what a connection may do meanwhile.
#include <stowage/tests/resp/memory_host.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::resp;
using namespace stowage::resp::test;

namespace {

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
/// As version 2 of the protocol says it.
std::string message(const std::vector<std::string>& words, char kind = '*') {
  std::string out = kind + std::to_string(words.size()) + "\r\n";
  for (const auto& w : words) out += bulk(w);
  return out;
}
std::string confirmed(const std::string& what, const std::string& name, int count,
                      char kind = '*') {
  return kind + std::string{"3\r\n"} + bulk(what) + bulk(name) + ":" + std::to_string(count) +
         "\r\n";
}

const std::string key_k = "__keyspace@0__:k";
const std::string event_set = "__keyevent@0__:set";

struct subscribing {
  memory_host host;
  std::shared_ptr<session> client = host.connect();

  std::string say(session& who, const std::string& lines) {
    who.feed(lines);
    who.advance();
    host.run();
    who.advance();
    return take_output(who);
  }
  std::string say(const std::string& lines) { return say(*client, lines); }
  std::string heard() { return take_output(*client); }
  void tell(change_kind kind, const std::string& name) {
    host.tell({{name, kind, version{++last}}});
  }

  std::uint64_t last = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keyspace_events, subscribing)

BOOST_AUTO_TEST_CASE(a_key_by_its_channel) {
  BOOST_TEST(say("subscribe " + key_k + "\r\n") == confirmed("subscribe", key_k, 1));
  BOOST_TEST(host.is_watched());
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
  tell(change_kind::put, "other");
  BOOST_TEST(heard() == "");
  tell(change_kind::deleted, "k");
  BOOST_TEST(heard() == message({"message", key_k, "del"}));
  tell(change_kind::expired, "k");
  BOOST_TEST(heard() == message({"message", key_k, "expired"}));
  // FLUSHALL is no event with Redis either.
  tell(change_kind::cleared, "");
  BOOST_TEST(heard() == "");
}

BOOST_AUTO_TEST_CASE(an_event_by_its_channel) {
  (void)say("subscribe " + event_set + " __keyevent@0__:del\r\n");
  tell(change_kind::put, "a b");
  tell(change_kind::deleted, "c");
  tell(change_kind::expired, "d");
  BOOST_TEST(heard() == message({"message", event_set, "a b"}) +
                            message({"message", "__keyevent@0__:del", "c"}));
}

BOOST_AUTO_TEST_CASE(patterns_and_channels_each_get_theirs) {
  BOOST_TEST(say("psubscribe __key*@0__:* __keyspace@0__:k?\r\n") ==
             confirmed("psubscribe", "__key*@0__:*", 1) +
                 confirmed("psubscribe", "__keyspace@0__:k?", 2));
  BOOST_TEST(say("subscribe __keyspace@0__:k1\r\n") ==
             confirmed("subscribe", "__keyspace@0__:k1", 3));
  tell(change_kind::put, "k1");
  const std::string key = "__keyspace@0__:k1";
  BOOST_TEST(heard() == message({"message", key, "set"}) +
                            message({"pmessage", "__key*@0__:*", key, "set"}) +
                            message({"pmessage", "__keyspace@0__:k?", key, "set"}) +
                            message({"pmessage", "__key*@0__:*", event_set, "k1"}));
}

BOOST_AUTO_TEST_CASE(names_have_any_bytes) {
  const std::string name{"\0\r\n", 3};
  (void)say("psubscribe *\r\n");
  tell(change_kind::put, name);
  BOOST_TEST(heard() == message({"pmessage", "*", "__keyspace@0__:" + name, "set"}) +
                            message({"pmessage", "*", event_set, name}));
}

BOOST_AUTO_TEST_CASE(all_connections_share_one_watch_while_there_are_subscriptions) {
  const auto other = host.connect();
  BOOST_TEST(!host.is_watched());
  (void)say("subscribe a\r\n");
  (void)say(*other, "psubscribe b c\r\n");
  BOOST_TEST(host.watches == 1U);
  (void)say("unsubscribe\r\n");
  BOOST_TEST(host.is_watched());
  (void)say(*other, "punsubscribe b c\r\n");
  BOOST_TEST(!host.is_watched());
  (void)say("subscribe " + key_k + "\r\n");
  BOOST_TEST(host.watches == 2U);
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
  client->leave();
  host.run();
  BOOST_TEST(!host.is_watched());
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_watch_that_has_ended_means_nothing) {
  (void)say("subscribe " + key_k + "\r\n");
  // Not yet with the store when the next one subscribes.
  client->feed("unsubscribe\r\nsubscribe " + key_k + "\r\n");
  client->advance();
  tell(change_kind::put, "k");
  host.run();
  client->advance();
  BOOST_TEST(heard() == confirmed("unsubscribe", key_k, 0) + confirmed("subscribe", key_k, 1));
  BOOST_TEST(host.watches == 2U);
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
}

BOOST_AUTO_TEST_CASE(who_left_before_the_watch_was_there) {
  client->feed("subscribe a\r\n");
  client->advance();
  client->leave();
  host.run();
  BOOST_TEST(host.watches == 1U);
  BOOST_TEST(!host.is_watched());
}

BOOST_AUTO_TEST_CASE(a_session_that_is_gone_is_passed_over) {
  (void)say("subscribe " + key_k + "\r\n");
  auto gone = host.connect();
  (void)say(*gone, "subscribe " + key_k + "\r\n");
  gone.reset();
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
}

BOOST_AUTO_TEST_CASE(it_is_confirmed_when_events_come) {
  client->feed("subscribe a\r\nping\r\n");
  client->advance();
  BOOST_TEST(heard() == "");
  host.run();
  client->advance();
  BOOST_TEST(heard() == confirmed("subscribe", "a", 1) + message({"pong", ""}));
}

BOOST_AUTO_TEST_CASE(the_same_twice_counts_once) {
  BOOST_TEST(say("subscribe " + key_k + " " + key_k + "\r\n") ==
             confirmed("subscribe", key_k, 1) + confirmed("subscribe", key_k, 1));
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
}

BOOST_AUTO_TEST_CASE(unsubscribing_from_what_is_and_from_what_is_not) {
  (void)say("subscribe a b\r\n");
  (void)say("psubscribe p\r\n");
  BOOST_TEST(say("unsubscribe x\r\n") == confirmed("unsubscribe", "x", 3));
  BOOST_TEST(say("unsubscribe\r\n") ==
             confirmed("unsubscribe", "a", 2) + confirmed("unsubscribe", "b", 1));
  BOOST_TEST(say("unsubscribe\r\n") == "*3\r\n" + bulk("unsubscribe") + "$-1\r\n:1\r\n");
  BOOST_TEST(say("punsubscribe\r\n") == confirmed("punsubscribe", "p", 0));
  BOOST_TEST(say("punsubscribe\r\n") == "*3\r\n" + bulk("punsubscribe") + "$-1\r\n:0\r\n");
  // An ordinary connection again.
  BOOST_TEST(say("get k\r\n") == "$-1\r\n");
}

BOOST_AUTO_TEST_CASE(in_version_2_a_subscriber_does_nothing_else) {
  (void)say("subscribe a\r\n");
  const std::string refused =
      "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
      "context\r\n";
  BOOST_TEST(say("get k\r\n") == "-ERR Can't execute 'get" + refused);
  BOOST_TEST(say("multi\r\n") == "-ERR Can't execute 'multi" + refused);
  BOOST_TEST(say("hello 3\r\n") == "-ERR Can't execute 'hello" + refused);
  BOOST_TEST(say("ping\r\n") == message({"pong", ""}));
  BOOST_TEST(say("ping x\r\n") == message({"pong", "x"}));
  BOOST_TEST(say("reset\r\n") == "+RESET\r\n");
  BOOST_TEST(!host.is_watched());
  BOOST_TEST(say("ping\r\n") == "+PONG\r\n");
  (void)say("psubscribe a\r\n");
  BOOST_TEST(say("quit\r\n") == "+OK\r\n");
  BOOST_TEST(client->is_over());
}

BOOST_AUTO_TEST_CASE(in_version_3_events_are_pushes_and_everything_is_allowed) {
  (void)say("hello 3\r\n");
  BOOST_TEST(say("subscribe " + key_k + "\r\n") == confirmed("subscribe", key_k, 1, '>'));
  BOOST_TEST(say("ping\r\nset x 1\r\n") == "+PONG\r\n+OK\r\n");
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}, '>'));
  BOOST_TEST(say("unsubscribe x\r\n") == confirmed("unsubscribe", "x", 1, '>'));
  // An answer that is still to come stands before what happens after its request.
  client->feed("get x\r\n");
  client->advance();
  host.tell({{"k", change_kind::put, version{++last}}});
  BOOST_TEST(heard() == bulk("1") + message({"message", key_k, "set"}, '>'));
}

BOOST_AUTO_TEST_CASE(not_inside_a_transaction) {
  for (const std::string what : {"subscribe", "psubscribe", "unsubscribe", "punsubscribe"}) {
    (void)say("multi\r\n");
    BOOST_TEST(say(what + " a\r\n") == "-ERR Command not allowed inside a transaction\r\n");
    (void)say("discard\r\n");
  }
  BOOST_TEST(say("subscribe\r\n") == "-ERR wrong number of arguments for 'subscribe' command\r\n");
}

BOOST_AUTO_TEST_CASE(nobody_writes_to_channels) {
  BOOST_TEST(
      say("publish a b\r\n") ==
      "-ERR 'publish' is not supported: channels carry keyspace events and nothing else\r\n");
}

BOOST_AUTO_TEST_CASE(the_settings_say_what_is_told) {
  BOOST_TEST(say("config get notify-keyspace-events\r\n") ==
             message({"notify-keyspace-events", "g$xKE"}));
}

BOOST_AUTO_TEST_CASE(a_store_that_gives_no_watch_says_why) {
  host.fails = fail(errc::poisoned);
  BOOST_TEST(say("subscribe a\r\n") ==
             "-MISCONF an earlier write failed and the store takes no more\r\n");
  host.fails = {};
  BOOST_TEST(say("ping\r\n") == "+PONG\r\n");
  BOOST_TEST(say("subscribe a\r\n") == confirmed("subscribe", "a", 1));
}

BOOST_AUTO_TEST_CASE(a_watch_that_fails_is_begun_again_by_the_next_subscriber) {
  (void)say("subscribe " + key_k + "\r\n");
  host.end_watch(fail(errc::poisoned));
  BOOST_TEST(heard() == "");
  BOOST_TEST(say("subscribe b\r\n").starts_with("-MISCONF "));
  host.fails = {};
  (void)say("subscribe c\r\n");
  tell(change_kind::put, "k");
  BOOST_TEST(heard() == message({"message", key_k, "set"}));
}

BOOST_AUTO_TEST_CASE(a_gap_is_counted) {
  (void)say("subscribe " + event_set + "\r\n");
  host.tell({{"k", change_kind::put, version{9}}}, change_gap{version{1}, version{5}});
  BOOST_TEST(heard() == message({"message", event_set, "k"}));
  BOOST_TEST(host.server().events.gaps() == 1U);
}

BOOST_AUTO_TEST_CASE(subscriptions_are_bounded) {
  session_limits limits;
  limits.subscriptions_max = 2;
  limits.subscription_bytes_max = 1000;
  const auto small = host.connect(limits);
  const std::string refused =
      "-ERR a connection has at most 2 subscriptions, with names of 1000 bytes\r\n";
  BOOST_TEST(say(*small, "subscribe a b c\r\n") == refused);
  BOOST_TEST(say(*small, "psubscribe " + std::string(1001, 'p') + "\r\n") == refused);
  // Nothing of it is left.
  BOOST_TEST(say(*small, "get k\r\n") == "$-1\r\n");
  BOOST_TEST(host.server().events.channels() == 0U);
  BOOST_TEST(say(*small, "subscribe a\r\n") == confirmed("subscribe", "a", 1));
  BOOST_TEST(say(*small, "psubscribe p\r\n") == confirmed("psubscribe", "p", 2));
  BOOST_TEST(say(*small, "subscribe b\r\n") == refused);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_its_events_is_cut_off) {
  session_limits limits;
  limits.pushed_bytes_max = 10'000;
  const auto slow = host.connect(limits);
  (void)say(*slow, "psubscribe *\r\n");
  // As long as it reads, it may hear as much as there is.
  for (int i = 0; i < 500; ++i) {
    tell(change_kind::put, "k");
    slow->advance();
    BOOST_TEST_REQUIRE(!slow->holds_too_much());
    (void)take_output(*slow);
  }
  for (int i = 0; i < 200 && !slow->holds_too_much(); ++i) {
    tell(change_kind::put, "k");
    slow->advance();
  }
  BOOST_TEST(slow->holds_too_much());
  BOOST_TEST(slow->output().size() < 20'000U);
}

BOOST_AUTO_TEST_SUITE_END()
