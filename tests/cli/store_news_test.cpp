// What happened between two looks at a store is told once, at the level of its kind.
#include <stowage/cli/store_news.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::cli;

namespace {

/// The lines that are not about how it stands altogether.
std::vector<news_line> events(const store_status& before, const store_status& now) {
  auto news = news_of(before, now);
  std::erase_if(news, [](const auto& line) { return line.level == log_level::trace; });
  return news;
}

void require_one(const store_status& before, const store_status& now, log_level level,
                 const std::string& text) {
  const auto news = events(before, now);
  BOOST_TEST_REQUIRE(news.size() == 1U);
  BOOST_TEST((news[0].level == level));
  BOOST_TEST(news[0].text == text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_news)

BOOST_AUTO_TEST_CASE(nothing_new_is_no_line) {
  store_status s;
  s.checkpoints = s.compactions = s.blocks_to_verify = s.requests_parked = 7;
  BOOST_TEST(news_of(s, s).empty());
}

BOOST_AUTO_TEST_CASE(every_kind_of_event_has_its_line) {
  const store_status before;
  auto now = before;
  now.checkpoints = 2;
  now.journal_bytes = 10;
  require_one(before, now, log_level::debug, "checkpoint 2 is durable: the journal has 10 bytes");
  now = before;
  now.compactions = 1;
  now.blocks_moved = 2;
  now.file_bytes = 3;
  now.free_bytes = 1;
  require_one(
      before, now, log_level::info,
      "compaction 1 has ended: 2 blocks moved so far, the file has 3 bytes, 1 of them free");
  now = before;
  now.blocks_to_verify = 5;
  require_one(before, now, log_level::info, "a verification of 5 blocks is under way");
  require_one(now, before, log_level::info, "the verification has ended");
  now = before;
  now.blocks_expired = 3;
  require_one(before, now, log_level::debug, "3 expired blocks were removed");
  now = before;
  now.requests_parked = 4;
  require_one(before, now, log_level::debug, "4 requests wait for credit or space");
  BOOST_TEST(events(now, before).empty());
  now = before;
  now.ops_rejected = 6;
  require_one(before, now, log_level::debug, "6 ops were refused");
}

BOOST_AUTO_TEST_CASE(whatever_changes_is_traced) {
  const store_status before;
  auto now = before;
  now.blocks = 1;
  now.last_version = version{9};
  now.durable_version = version{8};
  now.ops_in_flight = 1;
  now.groups = 3;
  const auto news = news_of(before, now);
  BOOST_TEST_REQUIRE(news.size() == 1U);
  BOOST_TEST((news[0] == news_line{log_level::trace,
                                   "1 blocks, version 9, 8 durable, 1 ops in flight, 3 groups"}));
}

BOOST_AUTO_TEST_SUITE_END()
