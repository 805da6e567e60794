// What a server refuses exits as the same refusal of a file does, and answers that are none are told apart.
#include <stowage/cli/advice.hpp>
#include <stowage/cli/remote_answer.hpp>
#include <stowage/resp/errors.hpp>

#include <boost/test/unit_test.hpp>

#include <hiredis/hiredis.h>

#include <memory>
#include <string>

using namespace stowage;
using namespace stowage::cli;

namespace {

struct free_reader {
  void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
};
struct free_reply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

std::optional<remote_fields> read(const std::string& wire) {
  const std::unique_ptr<redisReader, free_reader> reader{redisReaderCreate()};
  BOOST_REQUIRE(redisReaderFeed(reader.get(), wire.data(), wire.size()) == REDIS_OK);
  void* reply = nullptr;
  BOOST_REQUIRE(redisReaderGetReply(reader.get(), &reply) == REDIS_OK);
  const std::unique_ptr<redisReply, free_reply> owned{static_cast<redisReply*>(reply)};
  BOOST_REQUIRE(owned != nullptr);
  return fields_of(*owned);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(remote_answers)

BOOST_AUTO_TEST_CASE(every_failure_of_a_store_exits_as_that_of_a_file) {
  for (std::uint8_t i = 1; i <= errc_max; ++i) {
    auto why = fail(static_cast<errc>(i), "somewhere");
    why.name = "b";
    const auto sent = resp::to_reply(why);
    const auto told = refusal_of(sent.line);
    BOOST_TEST((told.code == exit_code_of(why.code)), name_of(why.code));
    BOOST_TEST(told.what.starts_with(sentence_of(why.code)), told.what);
    BOOST_TEST(told.advice == what_to_do(why.code));
  }
}

BOOST_AUTO_TEST_CASE(other_errors_exit_by_what_has_to_be_done) {
  BOOST_TEST((refusal_of("NOAUTH Authentication required.").code == exit_code::failed));
  BOOST_TEST((refusal_of("WRONGPASS invalid username-password pair").code == exit_code::failed));
  BOOST_TEST((refusal_of("ERR AUTH <password> called without any").code == exit_code::failed));
  BOOST_TEST((refusal_of("ERR unknown command 'STOWAGE'").code == exit_code::not_a_store));
  BOOST_TEST((refusal_of("ERR unknown subcommand: STOWAGE has").code == exit_code::not_a_store));
  BOOST_TEST((refusal_of("ERR max number of clients reached").code == exit_code::busy));
  BOOST_TEST((refusal_of("ERR the config sets no backup-dir").code == exit_code::usage));
  for (const auto* line : {"", "ERR", "ERR "})
    BOOST_TEST((refusal_of(line).code == exit_code::usage), line);
  BOOST_TEST(refusal_of("ERR").what == "ERR");
}

BOOST_AUTO_TEST_CASE(fields_are_numbers_texts_and_lists_of_fields) {
  const auto all = read(
      "*8\r\n$1\r\nn\r\n:7\r\n$1\r\nt\r\n$3\r\na\r\n\r\n$1\r\ne\r\n*0\r\n$1\r\nf\r\n*2\r\n"
      "*10\r\n$4\r\ncode\r\n$13\r\ncorrupt_block\r\n$4\r\nname\r\n$1\r\nb\r\n$6\r\ndetail\r\n$"
      "1\r\nd\r\n"
      "$6\r\noffset\r\n:4096\r\n$8\r\nos_error\r\n:5\r\n*2\r\n$4\r\ncode\r\n$3\r\nnew\r\n");
  BOOST_REQUIRE(all.has_value());
  BOOST_TEST(number_in(*all, "n") == 7U);
  BOOST_TEST(text_in(*all, "t") == "a\r\n");
  BOOST_TEST(failures_in(*all, "e").empty());
  const auto failures = failures_in(*all, "f");
  BOOST_TEST_REQUIRE(failures.size() == 2U);
  auto expected = fail_at(errc::corrupt_block, 4096, "d");
  expected.name = "b";
  expected.os_error = 5;
  BOOST_TEST((failures[0] == expected));
  // A code that is not known here is damage of some kind.
  BOOST_TEST((failures[1] == fail(errc::corrupt)));
  // What is not there, or something else.
  BOOST_TEST(number_in(*all, "t") == 0U);
  BOOST_TEST(number_in(*all, "x") == 0U);
  BOOST_TEST(text_in(*all, "n") == "");
  BOOST_TEST(failures_in(*all, "n").empty());
}

BOOST_AUTO_TEST_CASE(other_answers_are_none) {
  for (const auto* wire :
       {"+OK\r\n", ":1\r\n", "$-1\r\n", "*-1\r\n", "*1\r\n$1\r\na\r\n", "*2\r\n:1\r\n:1\r\n",
        "*2\r\n$1\r\na\r\n:-1\r\n", "*2\r\n$1\r\na\r\n$-1\r\n", "*2\r\n$1\r\na\r\n+b\r\n",
        "*2\r\n$1\r\na\r\n*1\r\n:1\r\n"})
    BOOST_TEST(!read(wire).has_value(), wire);
  BOOST_TEST(read("*0\r\n")->empty());
}

BOOST_AUTO_TEST_SUITE_END()
