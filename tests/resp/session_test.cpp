// A connection: order, transactions, back-pressure, and clients that do what they should not.
#include <stowage/tests/resp/memory_host.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::resp;
using namespace stowage::resp::test;

namespace {

struct connected {
  memory_host host;
  std::shared_ptr<session> client = host.connect();

  void type(session& who, const std::string& lines) {
    who.feed(lines);
    who.advance();
  }
  void type(const std::string& lines) { type(*client, lines); }
  std::string say(session& who, const std::string& lines) {
    type(who, lines);
    host.run();
    return take_output(who);
  }
  std::string say(const std::string& lines) { return say(*client, lines); }
};

constexpr std::size_t size_of_many = 200;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sessions, connected)

BOOST_AUTO_TEST_CASE(replies_keep_the_order_of_their_requests) {
  type("set a 1\r\nping\r\nget a\r\necho x\r\n");
  // Those that need nothing from the store wait for the one before.
  BOOST_TEST(take_output(*client) == "");
  host.run();
  BOOST_TEST(take_output(*client) == "+OK\r\n+PONG\r\n$1\r\n1\r\n$1\r\nx\r\n");
}

BOOST_AUTO_TEST_CASE(writes_of_a_pipeline_go_together) {
  type("set a 1\r\ndel c\r\nset a 3 nx\r\nget a\r\n");
  BOOST_TEST(host.asked() == 2U);
  host.run();
  BOOST_TEST(host.puts_together == 3U);
  BOOST_TEST(take_output(*client) == "+OK\r\n:0\r\n$-1\r\n$1\r\n1\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_known_here_is_answered_at_once) {
  host.other("a", "1");
  host.can_look = true;
  type("get a\r\nget b\r\nping\r\nget a\r\n");
  BOOST_TEST(host.asked() == 0U);
  BOOST_TEST(host.looks == 3U);
  BOOST_TEST(take_output(*client) == "$1\r\n1\r\n$-1\r\n+PONG\r\n$1\r\n1\r\n");
}

BOOST_AUTO_TEST_CASE(a_get_behind_other_requests_is_the_stores) {
  host.other("a", "1");
  host.can_look = true;
  // Behind a write that waits for others to go with it, one that was sent, and a read.
  type("set a 2\r\nget a\r\n");
  BOOST_TEST(host.looks == 0U);
  BOOST_TEST(host.asked() == 2U);
  type("get a\r\n");
  BOOST_TEST(host.looks == 0U);
  host.run();
  BOOST_TEST(take_output(*client) == "+OK\r\n$1\r\n2\r\n$1\r\n2\r\n");
  type("incr a\r\nget a\r\n");
  BOOST_TEST(host.looks == 0U);
  host.run();
  BOOST_TEST(take_output(*client) == ":3\r\n$1\r\n3\r\n");
  BOOST_TEST(host.looks == 1U);
}

BOOST_AUTO_TEST_CASE(what_reads_before_it_writes_is_not_overtaken) {
  type("set a 1\r\nincr a\r\nset a 7\r\nincr a\r\nget a\r\n");
  BOOST_TEST(host.asked() == 2U);
  host.run();
  BOOST_TEST(take_output(*client) == "+OK\r\n:2\r\n+OK\r\n:8\r\n$1\r\n8\r\n");
}

BOOST_AUTO_TEST_CASE(a_pipeline_of_ready_answers_ends) {
  std::string lines;
  std::string answers;
  for (int i = 0; i < 2000; ++i) {
    lines += "ping\r\n";
    answers += "+PONG\r\n";
  }
  BOOST_TEST((say(lines) == answers));
  BOOST_TEST(client->wants_input());
}

BOOST_AUTO_TEST_CASE(an_overtaken_evaluation_begins_anew) {
  host.other("n", "10");
  type("incr n\r\n");
  host.run_one();
  host.other("n", "20");
  host.run();
  BOOST_TEST(take_output(*client) == ":21\r\n");
  BOOST_TEST(host.blocks["n"].value == "21");
}

BOOST_AUTO_TEST_CASE(evaluations_of_one_block_go_together) {
  std::vector<std::shared_ptr<session>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(host.connect());
    type(*clients.back(), "incr n\r\n");
  }
  // The first one reads; the others wait for it.
  BOOST_TEST(host.asked() == 1U);
  host.run_one();
  host.run_one();
  BOOST_TEST(take_output(*clients[0]) == ":1\r\n");
  BOOST_TEST(host.blocks["n"].ver.value == 1U);
  // One read and one commit for all the others.
  BOOST_TEST(host.asked() == 1U);
  host.run_one();
  BOOST_TEST(host.asked() == 1U);
  host.run_one();
  BOOST_TEST(host.asked() == 0U);
  for (std::size_t i = 1; i < clients.size(); ++i)
    BOOST_TEST(take_output(*clients[i]) == ":" + std::to_string(i + 1) + "\r\n");
  BOOST_TEST(host.blocks["n"].value == "5");
  BOOST_TEST(host.blocks["n"].ver.value == 2U);
}

BOOST_AUTO_TEST_CASE(evaluations_that_go_together_answer_for_themselves) {
  std::vector<std::shared_ptr<session>> clients;
  for (const auto* line : {"incr n", "set n 7 xx get", "append n x", "incr n", "getex n persist",
                           "getdel n", "expire n 5"}) {
    clients.push_back(host.connect());
    type(*clients.back(), std::string{line} + "\r\n");
  }
  host.run();
  std::string all;
  for (const auto& c : clients) all += take_output(*c);
  BOOST_TEST(all ==
             ":1\r\n$1\r\n1\r\n:2\r\n-ERR value is not an integer or out of range\r\n"
             "$2\r\n7x\r\n$2\r\n7x\r\n:0\r\n");
  BOOST_TEST(!host.blocks.contains("n"));
}

BOOST_AUTO_TEST_CASE(evaluations_that_go_together_begin_anew_together) {
  const auto second = host.connect();
  const auto third = host.connect();
  type("incr n\r\n");
  type(*second, "incr n\r\n");
  type(*third, "incr n\r\n");
  host.run_one();
  host.run_one();
  host.run_one();
  host.other("n", "10");
  host.run();
  BOOST_TEST(take_output(*second) == ":11\r\n");
  BOOST_TEST(take_output(*third) == ":12\r\n");
}

BOOST_AUTO_TEST_CASE(evaluations_of_other_blocks_or_of_several_do_not_wait) {
  const auto second = host.connect();
  const auto third = host.connect();
  type("incr n\r\n");
  type(*second, "incr m\r\n");
  type(*third, "rename n q\r\n");
  BOOST_TEST(host.asked() == 4U);
  host.run();
  BOOST_TEST(take_output(*client) == ":1\r\n");
  BOOST_TEST(take_output(*second) == ":1\r\n");
  BOOST_TEST(take_output(*third) == "-ERR no such key\r\n");
}

BOOST_AUTO_TEST_CASE(a_failure_is_that_of_all_that_go_together_and_of_no_other) {
  const auto second = host.connect();
  const auto third = host.connect();
  type("incr n\r\n");
  type(*second, "incr n\r\n");
  type(*third, "append n x\r\n");
  host.run_one();
  host.run_one();
  host.run_one();
  host.fails = fail(errc::no_space);
  host.run();
  BOOST_TEST(take_output(*client) == ":1\r\n");
  BOOST_TEST(take_output(*second).starts_with("-OOM "));
  BOOST_TEST(take_output(*third).starts_with("-OOM "));
  host.fails = {};
  BOOST_TEST(say("incr n\r\n") == ":2\r\n");
}

BOOST_AUTO_TEST_CASE(who_waits_and_vanishes_is_carried_to_the_end) {
  auto second = host.connect();
  type("incr n\r\n");
  type(*second, "incr n\r\n");
  second.reset();
  host.run();
  BOOST_TEST(take_output(*client) == ":1\r\n");
  BOOST_TEST(host.blocks["n"].value == "2");
}

BOOST_AUTO_TEST_CASE(a_transaction_is_all_at_once) {
  BOOST_TEST(say("multi\r\nset a 1\r\nincr a\r\nget a\r\ndel a\r\nping\r\n") ==
             "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
  BOOST_TEST(host.asked() == 0U);
  BOOST_TEST(say("exec\r\n") == "*5\r\n+OK\r\n:2\r\n$1\r\n2\r\n:1\r\n+PONG\r\n");
  BOOST_TEST(!host.blocks.contains("a"));
}

BOOST_AUTO_TEST_CASE(one_failing_command_does_not_undo_the_others) {
  host.other("s", "text");
  (void)say("multi\r\nset a 1\r\nincr s\r\nset b 2\r\n");
  BOOST_TEST(say("exec\r\n") ==
             "*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n+OK\r\n");
  BOOST_TEST(host.blocks["b"].value == "2");
}

BOOST_AUTO_TEST_CASE(an_overtaken_transaction_without_watch_begins_anew) {
  host.other("n", "1");
  type("multi\r\nincr n\r\nincr n\r\nexec\r\n");
  host.run_one();
  host.other("n", "5");
  host.run();
  BOOST_TEST(take_output(*client) == "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:6\r\n:7\r\n");
}

BOOST_AUTO_TEST_CASE(a_watched_block_that_changed_before_exec) {
  host.other("w", "1");
  BOOST_TEST(say("watch w\r\n") == "+OK\r\n");
  host.other("w", "2");
  (void)say("multi\r\nset a 1\r\n");
  BOOST_TEST(say("exec\r\n") == "*-1\r\n");
  BOOST_TEST(!host.blocks.contains("a"));
  // The watch is over with it.
  (void)say("multi\r\nset a 1\r\n");
  BOOST_TEST(say("exec\r\n") == "*1\r\n+OK\r\n");
}

BOOST_AUTO_TEST_CASE(a_watched_block_that_changes_during_exec) {
  host.other("w", "1");
  (void)say("watch w\r\nmulti\r\nset a 1\r\n");
  type("exec\r\n");
  host.run_one();
  host.other("w", "2");
  host.run();
  BOOST_TEST(take_output(*client) == "*-1\r\n");
  BOOST_TEST(!host.blocks.contains("a"));
}

BOOST_AUTO_TEST_CASE(a_watched_block_that_was_absent) {
  (void)say("watch w\r\n");
  const auto other = host.connect();
  BOOST_TEST(say(*other, "set w 1\r\n") == "+OK\r\n");
  (void)say("multi\r\nget w\r\n");
  BOOST_TEST(say("exec\r\n") == "*-1\r\n");
}

BOOST_AUTO_TEST_CASE(unwatch_discard_and_exec_forget) {
  for (const auto* forget : {"unwatch\r\n", "multi\r\ndiscard\r\n", "multi\r\nexec\r\n"}) {
    (void)say("watch w\r\n");
    (void)say(forget);
    host.other("w", "x");
    (void)say("multi\r\nping\r\n");
    BOOST_TEST(say("exec\r\n") == "*1\r\n+PONG\r\n", forget);
  }
}

BOOST_AUTO_TEST_CASE(mistakes_while_queueing_discard_it) {
  BOOST_TEST(say("multi\r\nget\r\n") ==
             "+OK\r\n-ERR wrong number of arguments for 'get' command\r\n");
  BOOST_TEST(say("exec\r\n") == "-EXECABORT Transaction discarded because of previous errors.\r\n");
  BOOST_TEST(say("multi\r\nkeys *\r\n") ==
             "+OK\r\n-ERR Command not allowed inside a transaction\r\n");
  BOOST_TEST(say("exec\r\n") == "-EXECABORT Transaction discarded because of previous errors.\r\n");
  BOOST_TEST(say("exec\r\ndiscard\r\n") ==
             "-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n");
  BOOST_TEST(
      say("multi\r\nmulti\r\nwatch a\r\n") ==
      "+OK\r\n-ERR MULTI calls can not be nested\r\n-ERR WATCH inside MULTI is not allowed\r\n");
}

BOOST_AUTO_TEST_CASE(a_queue_is_bounded) {
  session_limits limits;
  limits.queued_max = 2;
  limits.queued_bytes_max = 1000;
  limits.watched_max = 1;
  const auto small = host.connect(limits);
  BOOST_TEST(say(*small, "multi\r\nping\r\nping\r\nping\r\nexec\r\n") ==
             "+OK\r\n+QUEUED\r\n+QUEUED\r\n-ERR a transaction queues at most 2 commands and 1000 "
             "bytes\r\n-EXECABORT Transaction discarded because of previous errors.\r\n");
  BOOST_TEST(say(*small, "multi\r\nset a " + std::string(1000, 'v') + "\r\ndiscard\r\n") ==
             "+OK\r\n-ERR a transaction queues at most 2 commands and 1000 bytes\r\n+OK\r\n");
  BOOST_TEST(say(*small, "watch a b\r\n") == "-ERR a connection watches at most 1 keys\r\n");
}

BOOST_AUTO_TEST_CASE(without_credit_nothing_begins) {
  host.has_credit = false;
  type("set a 1\r\nget a\r\n");
  BOOST_TEST(host.asked() == 0U);
  BOOST_TEST(!client->wants_input());
  host.has_credit = true;
  host.attend_to_all();
  BOOST_TEST(client->wants_input());
  host.run();
  BOOST_TEST(take_output(*client) == "+OK\r\n$1\r\n1\r\n");
}

BOOST_AUTO_TEST_CASE(so_many_requests_are_under_way) {
  session_limits limits;
  limits.requests_max = 3;
  const auto small = host.connect(limits);
  type(*small, "get a\r\nget b\r\nget c\r\nget d\r\n");
  BOOST_TEST(host.asked() == 3U);
  BOOST_TEST(!small->wants_input());
  host.run();
  BOOST_TEST(take_output(*small) == "$-1\r\n$-1\r\n$-1\r\n$-1\r\n");
  BOOST_TEST(small->wants_input());
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_not_read_from) {
  session_limits limits;
  limits.unsent_bytes_max = 1000;
  const auto slow = host.connect(limits);
  host.other("v", std::string(2000, 'v'));
  std::string lines;
  for (std::size_t i = 0; i < size_of_many; ++i) lines += "get v\r\n";
  type(*slow, lines);
  host.run();
  BOOST_TEST(!slow->wants_input());
  // What was begun before the first answer came, and no more.
  BOOST_TEST(slow->output().size() < 10'000U);
  BOOST_TEST(!slow->has_room_again());
  std::size_t received = 0;
  while (received < size_of_many * 2009) {
    const auto some = take_output(*slow);
    BOOST_REQUIRE(!some.empty());
    received += some.size();
    BOOST_TEST((slow->has_room_again() || received == size_of_many * 2009));
    slow->advance();
    host.run();
  }
  BOOST_TEST(slow->wants_input());
}

BOOST_AUTO_TEST_CASE(the_larger_the_answers_the_fewer_are_under_way) {
  host.other("v", std::string(5 * limits::mib, 'v'));
  (void)say("get v\r\n");
  type("get v\r\nget v\r\nget v\r\nget v\r\nget v\r\nget v\r\n");
  BOOST_TEST(host.asked() == 3U);
}

BOOST_AUTO_TEST_CASE(more_answers_than_a_client_may_have) {
  session_limits limits;
  limits.answer_bytes_max = 1000;
  const auto greedy = host.connect(limits);
  host.other("v", std::string(600, 'v'));
  type(*greedy, "get v\r\n");
  host.run();
  BOOST_TEST(!greedy->holds_too_much());
  type(*greedy, "get v\r\n");
  host.run();
  BOOST_TEST(greedy->holds_too_much());
}

BOOST_AUTO_TEST_CASE(quit_ends_it_behind_its_answer) {
  type("set a 1\r\nquit\r\nset a 2\r\n");
  BOOST_TEST(!client->is_over());
  BOOST_TEST(!client->wants_input());
  host.run();
  BOOST_TEST(client->is_over());
  BOOST_TEST(take_output(*client) == "+OK\r\n+OK\r\n");
  BOOST_TEST(host.blocks["a"].value == "1");
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_protocol_ends_it_behind_the_answers_before) {
  type("get a\r\n*x\r\nget a\r\n");
  host.run();
  BOOST_TEST(take_output(*client) == "$-1\r\n-ERR Protocol error: invalid multibulk length\r\n");
  BOOST_TEST(client->is_over());
}

BOOST_AUTO_TEST_CASE(a_stopped_one_finishes_what_it_was_given) {
  session_limits limits;
  limits.requests_max = 1;
  const auto stopped = host.connect(limits);
  type(*stopped, "set a 1\r\nincr a\r\n*2\r\n$3\r\nGET\r\n");
  stopped->stop();
  stopped->advance();
  BOOST_TEST(!stopped->is_over());
  BOOST_TEST(!stopped->wants_input());
  host.run();
  BOOST_TEST(take_output(*stopped) == "+OK\r\n:2\r\n");
  BOOST_TEST(stopped->is_over());
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_leaves_its_requests) {
  type("multi\r\nset a 1\r\nset b 2\r\nexec\r\nset c 3\r\n");
  client.reset();
  host.run();
  BOOST_TEST(host.blocks.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_stores_failures_in_redis_words) {
  const auto code = [this](errc c) {
    host.fails = fail(c);
    const auto all = say("set a 1\r\nget a\r\nincr a\r\n");
    return all.substr(0, all.find(' '));
  };
  BOOST_TEST(code(errc::poisoned) == "-MISCONF");
  BOOST_TEST(code(errc::no_space) == "-OOM");
  BOOST_TEST(code(errc::overloaded) == "-ERR");
  for (const auto* asking :
       {"dbsize", "info", "keys *", "scan 0", "randomkey", "waitaof 0 0 0", "stowage status",
        "stowage compact", "flushall", "mset a 1", "exists a", "watch a\r\nmulti\r\nexec"}) {
    const auto all = say(std::string{asking} + "\r\n");
    BOOST_TEST(all.find("-ERR too many writes are in flight") != std::string::npos, asking);
  }
}

BOOST_AUTO_TEST_CASE(a_block_that_cannot_be_read_fails_who_reads_it) {
  host.other("bad", "x");
  auto why = fail(errc::corrupt_block);
  why.name = "bad";
  host.unreadable["bad"] = why;
  BOOST_TEST(say("get bad\r\n") == "-ERR the block's bytes do not match their checksum: bad\r\n");
  BOOST_TEST(say("multi\r\nset a 1\r\nappend bad y\r\nset bad new\r\nget bad\r\nexec\r\n")
                 .ends_with("*4\r\n+OK\r\n-ERR the block's bytes do not match their checksum: "
                            "bad\r\n+OK\r\n$3\r\nnew\r\n"));
  BOOST_TEST(say("strlen bad\r\n") == ":3\r\n");
}

BOOST_AUTO_TEST_CASE(a_request_reads_a_bounded_amount) {
  host.other("v", std::string(limits::value_bytes_max, 'v'));
  // The same block is read once.
  (void)say("mget v v v v v\r\n");
  for (const auto* name : {"w", "x", "y", "z"})
    host.other(name, std::string(limits::value_bytes_max, 'v'));
  BOOST_TEST(say("mget v w x y z\r\n") ==
             "-ERR a request reads at most 268435456 bytes of values\r\n");
}

BOOST_AUTO_TEST_CASE(a_password_comes_first) {
  host.server().options.requirepass = "secret";
  const auto stranger = host.connect();
  BOOST_TEST(say(*stranger, "get a\r\nping\r\n") ==
             "-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n");
  BOOST_TEST(say(*stranger, "hello 3\r\n").starts_with("-NOAUTH HELLO must be called"));
  for (const auto* wrong : {"auth wrong\r\n", "auth secre\r\n", "auth secrets\r\n", "auth \"\"\r\n",
                            "auth other secret\r\n", "hello 3 auth default wrong\r\n"})
    BOOST_TEST(say(*stranger, wrong).starts_with("-WRONGPASS"), wrong);
  BOOST_TEST(say(*stranger, "auth a b c\r\n") == "-ERR syntax error\r\n");
  BOOST_TEST(say(*stranger, "auth secret\r\nping\r\n") == "+OK\r\n+PONG\r\n");
  BOOST_TEST(say(*stranger, "reset\r\nping\r\n") ==
             "+RESET\r\n-NOAUTH Authentication required.\r\n");
  BOOST_TEST(say(*stranger, "hello 3 auth default secret setname me\r\n").starts_with("%7\r\n"));
  BOOST_TEST(say(*stranger, "client getname\r\nget x\r\n") == "$2\r\nme\r\n_\r\n");
}

BOOST_AUTO_TEST_CASE(the_version_of_the_protocol_changes_behind_hello) {
  BOOST_TEST(say("get a\r\nhello 3\r\nget a\r\nreset\r\nget a\r\n")
                 .starts_with("$-1\r\n%7\r\n$6\r\nserver\r\n$7\r\nstowage\r\n"));
  BOOST_TEST(say("get a\r\n") == "$-1\r\n");
}

BOOST_AUTO_TEST_CASE(backups_go_where_the_config_says) {
  host.server().options.backup_dir = "/backups";
  for (const auto* bad : {"stowage backup a/b\r\n", "stowage backup ..\r\n", "stowage backup .\r\n",
                          "stowage backup \"\"\r\n", "stowage backup \"a\\x00\"\r\n"})
    BOOST_TEST(say(bad) == "-ERR the name of a backup is one of a file, without '/'\r\n", bad);
  BOOST_TEST(say("stowage backup tuesday\r\n") ==
             "-ERR something already exists at this path: /backups/tuesday\r\n");
}

BOOST_AUTO_TEST_CASE(info_and_client_list_tell_of_the_server) {
  (void)say("set a 1\r\nclient setname me\r\n");
  const auto info = say("info\r\n");
  BOOST_TEST(info.find("redis_version:7.0.0\r\n") != std::string::npos);
  BOOST_TEST(info.find("db0:keys=1,expires=0,avg_ttl=0\r\n") != std::string::npos);
  const auto part = say("info keyspace\r\n");
  BOOST_TEST(part.find("# Keyspace") != std::string::npos);
  BOOST_TEST(part.find("# Server") == std::string::npos);
  BOOST_TEST(say("client list\r\n").find(" name=me ") != std::string::npos);
  BOOST_TEST(say("client info\r\n").find(" cmd=client ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_goes_on_from_page_to_page) {
  for (std::size_t i = 0; i < list_limit_max + 5; ++i) host.other("k" + std::to_string(i), "");
  BOOST_TEST(say("keys *\r\n").starts_with("*10005\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
