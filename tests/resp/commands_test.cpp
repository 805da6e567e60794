// Each command, as a client sees it: what is typed, and what comes back.
#include <stowage/tests/resp/memory_host.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::resp;
using namespace stowage::resp::test;
namespace data = boost::unit_test::data;

namespace {

struct line {
  const char* typed;
  const char* answer;
};
struct dialogue {
  const char* name;
  std::vector<line> lines;
};

std::ostream& operator<<(std::ostream& out, const dialogue& d) { return out << d.name; }

constexpr const char* arity = "-ERR wrong number of arguments for '";

// The clock stands at 1,700,000,000 s.
const std::vector<dialogue> dialogues{
    {"set",
     {{"set a 1", "+OK"},
      {"get a", "$1|1"},
      {"get b", "$-1"},
      {"set a 2 nx", "$-1"},
      {"set b 2 nx", "+OK"},
      {"set c 1 xx", "$-1"},
      {"set a 3 xx", "+OK"},
      {"set a 4 get", "$1|3"},
      {"set z 1 get", "$-1"},
      {"set z 2 nx get", "$1|1"},
      {"get z", "$1|1"},
      {"set a 1 nx xx", "-ERR syntax error"},
      {"set a 1 what", "-ERR syntax error"},
      {"set a 1 ex", "-ERR syntax error"},
      {"set \"\" 1", "-ERR a name has 1 to 1024 bytes, this one 0"}}},
    {"set_with_expiry",
     {{"set a 1 ex 10", "+OK"},
      {"ttl a", ":10"},
      {"pttl a", ":10000"},
      {"set a 2 keepttl", "+OK"},
      {"ttl a", ":10"},
      {"set a 2", "+OK"},
      {"ttl a", ":-1"},
      {"set a 1 px 1500", "+OK"},
      {"pttl a", ":1500"},
      {"ttl a", ":2"},
      {"set a 1 exat 1700000100", "+OK"},
      {"expiretime a", ":1700000100"},
      {"pexpiretime a", ":1700000100000"},
      {"set a 1 pxat 1700000000001 xx", "+OK"},
      {"pttl a", ":1"},
      {"set a 1 ex 0", "-ERR invalid expire time in 'set' command"},
      {"set a 1 ex -1", "-ERR invalid expire time in 'set' command"},
      {"set a 1 ex 9223372036854775807", "-ERR invalid expire time in 'set' command"},
      {"set a 1 ex x", "-ERR value is not an integer or out of range"},
      {"set a 1 ex 1 px 1", "-ERR syntax error"},
      {"set a 1 keepttl ex 1", "-ERR syntax error"},
      {"setex a 5 v", "+OK"},
      {"ttl a", ":5"},
      {"psetex a 5 v", "+OK"},
      {"pttl a", ":5"},
      {"setex a 0 v", "-ERR invalid expire time in 'setex' command"},
      {"psetex a -1 v", "-ERR invalid expire time in 'psetex' command"},
      {"setex a x v", "-ERR value is not an integer or out of range"}}},
    {"expire",
     {{"expire a 1", ":0"},
      {"set a 1", "+OK"},
      {"expire a 100", ":1"},
      {"ttl a", ":100"},
      {"expire a 50 nx", ":0"},
      {"expire a 50 gt", ":0"},
      {"expire a 50 lt", ":1"},
      {"expire a 60 gt", ":1"},
      {"expire a 70 xx", ":1"},
      {"persist a", ":1"},
      {"persist a", ":0"},
      {"persist b", ":0"},
      {"expire a 70 xx", ":0"},
      {"expire a 70 gt", ":0"},
      {"expire a 70 lt", ":1"},
      {"pexpire a 1234", ":1"},
      {"pttl a", ":1234"},
      {"expireat a 1700000007", ":1"},
      {"ttl a", ":7"},
      {"pexpireat a 1700000000008", ":1"},
      {"pttl a", ":8"},
      {"expire a -1", ":1"},
      {"exists a", ":0"},
      {"ttl a", ":-2"},
      {"pttl a", ":-2"},
      {"expiretime a", ":-2"},
      {"expire a x", "-ERR value is not an integer or out of range"},
      {"expire a 1 zz", "-ERR Unsupported option zz"},
      {"expire a 1 nx gt", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
      {"expire a 1 gt lt", "-ERR GT and LT options at the same time are not compatible"},
      {"expire a 9223372036854775807", "-ERR invalid expire time in 'expire' command"}}},
    {"getex",
     {{"getex a", "$-1"},
      {"set a 1", "+OK"},
      {"getex a ex 7", "$1|1"},
      {"ttl a", ":7"},
      {"getex a", "$1|1"},
      {"ttl a", ":7"},
      {"getex a persist", "$1|1"},
      {"ttl a", ":-1"},
      {"getex a pxat 1699999999999", "$1|1"},
      {"exists a", ":0"},
      {"getex a ex 0", "-ERR invalid expire time in 'getex' command"},
      {"getex a ex 1 persist", "-ERR syntax error"}}},
    {"what_changes_a_value_keeps_its_expiry",
     {{"set a 1 ex 9", "+OK"},
      {"incr a", ":2"},
      {"append a 0", ":2"},
      {"setrange a 0 3", ":2"},
      {"incrbyfloat a 0.5", "$4|30.5"},
      {"ttl a", ":9"},
      {"copy a b", ":1"},
      {"ttl b", ":9"},
      {"rename b c", "+OK"},
      {"ttl c", ":9"},
      {"getset a 1", "$4|30.5"},
      {"ttl a", ":-1"},
      {"renamenx c d", ":1"},
      {"ttl d", ":9"},
      {"mset d 1", "+OK"},
      {"ttl d", ":-1"}}},
    {"ranges",
     {{"set a hello", "+OK"},
      {"getrange a 0 -1", "$5|hello"},
      {"getrange a 1 2", "$2|el"},
      {"getrange a -3 -2", "$2|ll"},
      {"getrange a 3 1", "$0|"},
      {"getrange a -1 -3", "$0|"},
      {"getrange a -100 1", "$2|he"},
      {"getrange a 0 100", "$5|hello"},
      {"getrange b 0 1", "$0|"},
      {"getrange a 9 10", "$0|"},
      {"substr a 0 0", "$1|h"},
      {"getrange a x 1", "-ERR value is not an integer or out of range"},
      {"setrange a 4 OW", ":6"},
      {"get a", "$6|hellOW"},
      {"setrange n 2 x", ":3"},
      {"getrange n 2 2", "$1|x"},
      {"setrange m 9 \"\"", ":0"},
      {"exists m", ":0"},
      {"setrange a 1 \"\"", ":6"},
      {"setrange a -1 x", "-ERR offset is out of range"},
      {"setrange a 67108864 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
      {"strlen a", ":6"},
      {"strlen b", ":0"},
      {"append a !", ":7"},
      {"append q !", ":1"}}},
    {"bits",
     {{"getbit a 0", ":0"},
      {"setbit a 1 1", ":0"},
      {"get a", "$1|@"},
      {"setbit a 1 1", ":1"},
      {"setbit a 2 1", ":0"},
      {"setbit a 1 0", ":1"},
      {"get a", "$1| "},
      {"getbit a 1", ":0"},
      {"getbit a 2", ":1"},
      {"getbit a 8", ":0"},
      {"setbit a 23 1", ":0"},
      {"strlen a", ":3"},
      {"getrange a 2 2", "$1|\x01"},
      {"getbit a 23", ":1"},
      {"setbit b 9 0", ":0"},
      {"strlen b", ":2"},
      {"set c 1 ex 9", "+OK"},
      {"setbit c 6 1", ":0"},
      {"get c", "$1|3"},
      {"ttl c", ":9"},
      {"getbit a 536870911", ":0"},
      {"getbit a 536870912", "-ERR bit offset is not an integer or out of range"},
      {"setbit a 536870912 1", "-ERR bit offset is not an integer or out of range"},
      {"setbit a -1 1", "-ERR bit offset is not an integer or out of range"},
      {"setbit a x 1", "-ERR bit offset is not an integer or out of range"},
      {"setbit a 0 2", "-ERR bit is not an integer or out of range"},
      {"setbit a 0 x", "-ERR bit is not an integer or out of range"},
      {"strlen a", ":3"}}},
    {"numbers",
     {{"incr a", ":1"},
      {"incrby a 10", ":11"},
      {"decr a", ":10"},
      {"decrby a 3", ":7"},
      {"set a x", "+OK"},
      {"incr a", "-ERR value is not an integer or out of range"},
      {"incrby b x", "-ERR value is not an integer or out of range"},
      {"set a 9223372036854775807", "+OK"},
      {"incr a", "-ERR increment or decrement would overflow"},
      {"decrby a -9223372036854775808", "-ERR decrement would overflow"},
      {"set f 10.5", "+OK"},
      {"incrbyfloat f 0.1", "$4|10.6"},
      {"incrbyfloat f -5.6", "$1|5"},
      {"incrbyfloat f x", "-ERR value is not a valid float"},
      {"incrbyfloat f inf", "-ERR increment would produce NaN or Infinity"},
      {"set s abc", "+OK"},
      {"incrbyfloat s 1", "-ERR value is not a valid float"}}},
    {"many",
     {{"mset a 1 b 2", "+OK"},
      {"mget a x b", "*3|$1|1|$-1|$1|2"},
      {"msetnx b 3 c 3", ":0"},
      {"exists a b c a", ":3"},
      {"msetnx c 3 d 4", ":1"},
      {"del a b x a", ":2"},
      {"del c", ":1"},
      {"unlink c", ":0"},
      {"touch d d", ":2"},
      {"mset a 1 b", "-ERR wrong number of arguments for 'mset' command"},
      {"msetnx a 1 b", "-ERR wrong number of arguments for 'msetnx' command"}}},
    {"names",
     {{"setnx a 1", ":1"},
      {"setnx a 2", ":0"},
      {"type a", "+string"},
      {"type b", "+none"},
      {"rename b c", "-ERR no such key"},
      {"renamenx b c", "-ERR no such key"},
      {"rename a a", "+OK"},
      {"rename a b", "+OK"},
      {"exists a", ":0"},
      {"set a 2", "+OK"},
      {"renamenx a b", ":0"},
      {"renamenx a c", ":1"},
      {"getdel c", "$1|2"},
      {"getdel c", "$-1"},
      {"copy b d", ":1"},
      {"set e 9", "+OK"},
      {"copy e d", ":0"},
      {"copy e d replace", ":1"},
      {"get d", "$1|9"},
      {"copy x y", ":0"},
      {"copy b b", "-ERR source and destination objects are the same"},
      {"copy b d db 1", "-ERR DB index is out of range"},
      {"copy b d db x", "-ERR value is not an integer or out of range"},
      {"copy b q db 0", ":1"},
      {"copy b d zz", "-ERR syntax error"},
      {"object encoding b", "$3|int"},
      {"object encoding x", "$-1"},
      {"object refcount b", ":1"},
      {"object idletime b", ":0"},
      {"object help me", "-ERR unknown subcommand 'help'. Try OBJECT HELP."},
      {"memory usage b", ":2"},
      {"memory usage x", "$-1"},
      {"memory doctor x", "-ERR unknown subcommand 'doctor'. Try MEMORY HELP."}}},
    {"scan",
     {{"scan 0", "*2|$1|0|*0"},
      {"mset aa 1 ab 2 b 3", "+OK"},
      {"scan 0 count 2", "*2|$1|1|*2|$2|aa|$2|ab"},
      {"scan 1", "*2|$1|0|*1|$1|b"},
      {"scan 1 match a*", "*2|$1|0|*0"},
      {"scan 0 match a*", "*2|$1|0|*2|$2|aa|$2|ab"},
      {"scan 0 type list", "*2|$1|0|*0"},
      {"scan 0 type string match b", "*2|$1|0|*1|$1|b"},
      {"scan 99", "-ERR invalid cursor"},
      {"scan x", "-ERR invalid cursor"},
      {"scan 0 count 0", "-ERR syntax error"},
      {"scan 0 count x", "-ERR value is not an integer or out of range"},
      {"scan 0 match", "-ERR syntax error"},
      {"scan 0 zz 1", "-ERR syntax error"},
      {"keys *", "*3|$2|aa|$2|ab|$1|b"},
      {"keys ?b", "*1|$2|ab"},
      {"randomkey", "$1|b"},
      {"dbsize", ":3"},
      {"flushall", "+OK"},
      {"dbsize", ":0"},
      {"randomkey", "$-1"},
      {"flushdb async", "+OK"},
      {"flushall now", "-ERR syntax error"}}},
    {"connection",
     {{"ping", "+PONG"},
      {"ping hi", "$2|hi"},
      {"ping a b", "-ERR wrong number of arguments for 'ping' command"},
      {"echo \"a b\"", "$3|a b"},
      {"select 0", "+OK"},
      {"select 1", "-ERR DB index is out of range"},
      {"select x", "-ERR value is not an integer or out of range"},
      {"client id", ":1"},
      {"client getname", "$-1"},
      {"client setname me", "+OK"},
      {"client getname", "$2|me"},
      {"client setname \"a b\"",
       "-ERR Client names cannot contain spaces, newlines or special characters."},
      {"client setinfo lib-name x", "+OK"},
      {"client no-evict on", "+OK"},
      {"client no-evict zz", "-ERR syntax error"},
      {"client kill x", "-ERR unknown subcommand 'kill'. Try CLIENT HELP."},
      {"client id 1", "-ERR wrong number of arguments for 'client|id' command"},
      {"time", "*2|$10|1700000000|$1|0"},
      {"wait 0 0", ":0"},
      {"wait x 0", "-ERR value is not an integer or out of range"},
      {"waitaof 1 0 0", "*2|:1|:0"},
      {"waitaof -1 0 0", "-ERR value is out of range, must be positive"},
      {"config get maxmemory", "*2|$9|maxmemory|$1|0"},
      {"config get nothing", "*0"},
      {"config set a b",
       "-ERR the settings are those of the config file: only CONFIG GET is there"},
      {"config get", "-ERR wrong number of arguments for 'config|get' command"},
      {"function flush", "+OK"},
      {"function flush async", "+OK"},
      {"function flush zz", "-ERR syntax error"},
      {"function flush sync x", "-ERR wrong number of arguments for 'function|flush' command"},
      {"function list", "*0"},
      {"function list x", "-ERR wrong number of arguments for 'function|list' command"},
      {"function load x", "-ERR Stowage runs no functions"},
      {"hello 4", "-NOPROTO unsupported protocol version"},
      {"hello x", "-ERR Protocol version is not an integer or out of range"},
      {"hello 3 zz", "-ERR Syntax error in HELLO option 'zz'"},
      {"auth x",
       "-ERR AUTH <password> called without any password configured for the default user. "
       "Are you sure your configuration is correct?"},
      {"auth default x", "+OK"},
      {"auth other x", "-WRONGPASS invalid username-password pair or user is disabled."},
      {"reset", "+RESET"},
      {"client getname", "$-1"}}},
    {"about_commands",
     {{"command info get", "*1|*6|$3|get|:2|*2|+readonly|+fast|:1|:1|:1"},
      {"command info none", "*1|*-1"},
      {"command docs", "*0"},
      {"command zz", "-ERR unknown subcommand 'zz'. Try COMMAND HELP."},
      {"get", "-ERR wrong number of arguments for 'get' command"},
      {"foo a b", "-ERR unknown command 'foo', with args beginning with: 'a' 'b' "},
      {"LPUSH a b", "-ERR 'LPUSH' is not supported: the values of Stowage are strings"}}},
    {"stowage",
     {{"stowage checkpoint", "+OK"},
      {"stowage backup x", "-ERR the config sets no backup-dir: backups are off"},
      {"stowage zz",
       "-ERR unknown subcommand: STOWAGE has STATUS, STAT, VERIFY, COMPACT, CHECKPOINT and BACKUP"},
      {"stowage status x", "-ERR wrong number of arguments for 'stowage|status' command"},
      {"stowage stat", "-ERR wrong number of arguments for 'stowage|stat' command"},
      {"stowage stat none", "-ERR no such block: none"},
      {"set a 123", "+OK"},
      {"stowage stat a", "*6|$7|version|:1|$4|size|:3|$13|expires_at_ms|:0"},
      {"stowage backup", "-ERR wrong number of arguments for 'stowage|backup' command"},
      {"stowage verify",
       "*10|$6|blocks|:0|$6|chunks|:0|$14|verified_bytes|:0|$11|found_count|:0|$5|found|*0"}}},
};

std::string on_one_line(std::string wire) {
  std::string out;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] == '\r') continue;
    out += wire[i] == '\n' ? '|' : wire[i];
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_DATA_TEST_CASE(answer_as_redis_does, data::make(dialogues)) {
  memory_host host;
  const auto client = host.connect();
  for (const auto& l : sample.lines) {
    client->feed(std::string{l.typed} + "\r\n");
    client->advance();
    host.run();
    BOOST_TEST(on_one_line(take_output(*client)) == l.answer, "after: " << l.typed);
  }
}

// The same within a transaction, where everything is decided together.
BOOST_DATA_TEST_CASE(answer_the_same_inside_of_a_transaction, data::make(dialogues)) {
  memory_host host;
  const auto client = host.connect();
  for (const auto& l : sample.lines) {
    client->feed("multi\r\n" + std::string{l.typed} + "\r\n");
    client->advance();
    host.run();
    const auto queued = on_one_line(take_output(*client));
    if (queued != "+OK|+QUEUED") {
      // Refused, or run at once.
      client->feed("discard\r\n" + std::string{l.typed} + "\r\n");
      client->advance();
      host.run();
      (void)take_output(*client);
      continue;
    }
    client->feed("exec\r\n");
    client->advance();
    host.run();
    BOOST_TEST(on_one_line(take_output(*client)) == "*1|" + std::string{l.answer},
               "after: " << l.typed);
  }
}

BOOST_AUTO_TEST_CASE(every_command_refuses_too_few_arguments) {
  for (const auto& spec : all_commands()) {
    memory_host host;
    const auto client = host.connect();
    const auto least = spec.arity < 0 ? -spec.arity : spec.arity;
    if (least < 2) continue;
    std::string typed{spec.name};
    for (int i = 1; i < least - 1; ++i) typed += " x";
    client->feed(typed + "\r\n");
    client->advance();
    BOOST_TEST(take_output(*client) == arity + std::string{spec.name} + "' command\r\n");
  }
}

BOOST_AUTO_TEST_CASE(the_table_is_in_order_and_whole) {
  const auto all = all_commands();
  for (std::size_t i = 0; i < all.size(); ++i) {
    BOOST_TEST((i == 0 || all[i - 1].name < all[i].name), all[i].name);
    BOOST_TEST(find_command(all[i].name) == &all[i]);
    BOOST_TEST((all[i].evaluate != nullptr) == (all[i].id == command_id::of_blocks));
    BOOST_TEST((all[i].evaluate != nullptr) == (all[i].needs != nullptr));
    BOOST_TEST(!is_of_missing_type(all[i].name));
  }
  BOOST_TEST(find_command("GeT") != nullptr);
  BOOST_TEST(find_command("no such command, and a long name at that") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
