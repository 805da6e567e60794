// Lines of events become the history that they mean.
#include <stowage/tests/support/history_recorder.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

history_recorder recorded(const std::vector<std::string>& lines, const state_of_blocks& base = {}) {
  history_recorder r{base};
  for (const auto& line : lines) {
    const auto event = decode_client_event(line);
    BOOST_TEST_REQUIRE(event.has_value(), line);
    r.take(*event);
  }
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recorder)

BOOST_AUTO_TEST_CASE(a_transaction_is_one_event_and_a_put_many_is_several) {
  const auto r =
      recorded({"ask 0 1 durable whole a=1.0.1.0+40 b=-", "got 0 1 5 6",
                "ask 1 1 accepted each a=1.1.1.0+40 b=1.1.1.1+40", "got 1 1 !conflict:5 7"});
  const auto& w = r.recorded().writes;
  BOOST_TEST_REQUIRE(w.size() == 3U);
  BOOST_TEST(w[0].writes.size() == 2U);
  BOOST_TEST((w[0].what == outcome::taken));
  BOOST_TEST(w[0].durable);
  BOOST_TEST(w[0].invoked == 1U);
  BOOST_TEST(w[0].answered == 2U);
  BOOST_TEST(w[0].writes[1].ver.value == 6U);
  BOOST_TEST((w[1].what == outcome::rejected));
  BOOST_TEST((w[2].what == outcome::taken));
  BOOST_TEST(w[2].writes[0].ver.value == 7U);
  // The conflict says what was there.
  BOOST_TEST_REQUIRE(r.recorded().reads.size() == 1U);
  BOOST_TEST(r.recorded().reads[0].found->ver.value == 5U);
  BOOST_TEST(!r.recorded().reads[0].has_value);
  BOOST_TEST(r.failures().empty());
  BOOST_TEST(r.unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_not_answered_may_have_happened) {
  const auto r = recorded({"ask 0 1 durable whole a=1.0.1.0+40", "flush 1 1", "get 2 1 a"});
  BOOST_TEST((r.recorded().writes.at(0).what == outcome::unknown));
  BOOST_TEST(r.recorded().flushes.empty());
  BOOST_TEST(r.recorded().reads.empty());
  BOOST_TEST(r.unanswered() == 3U);
}

BOOST_AUTO_TEST_CASE(a_failure_is_counted_and_says_what_is_certain) {
  const auto r = recorded({"ask 0 1 durable whole a=1.0.1.0+40", "refused 0 1 !no_space:0 a",
                           "ask 0 2 durable whole a=1.0.2.0+40", "refused 0 2 !io_error:0 -"});
  BOOST_TEST((r.recorded().writes.at(0).what == outcome::rejected));
  BOOST_TEST((r.recorded().writes.at(1).what == outcome::unknown));
  BOOST_TEST(r.failures().at(errc::no_space) == 1U);
  BOOST_TEST(r.failures().at(errc::io_error) == 1U);
}

BOOST_AUTO_TEST_CASE(a_compaction_is_under_way_until_it_is_answered) {
  BOOST_TEST(recorded({"compact 0 1", "flush 1 1", "flushed 1 1"}).is_compacting());
  const auto r =
      recorded({"compact 0 1", "compacted 0 1", "compact 0 2", "failed 0 2 !closed:0 -"});
  BOOST_TEST(!r.is_compacting());
  BOOST_TEST(r.compactions() == 1U);
}

BOOST_AUTO_TEST_CASE(an_orderly_close_is_a_flush) {
  const auto r = recorded({"opening", "opened 0-0", "ask 0 1 accepted whole a=1.0.1.0+40",
                           "got 0 1 1", "closing", "closed"});
  BOOST_TEST(r.has_closed());
  BOOST_TEST_REQUIRE(r.recorded().flushes.size() == 1U);
  const state_of_blocks without;
  BOOST_TEST(!broken_by_recovery(r.recorded(), without, version{99}).empty());
}

BOOST_AUTO_TEST_CASE(empty_values_get_the_stamp_of_their_write) {
  auto r = recorded({"ask 0 1 accepted whole a=1.0.1.0+0", "got 0 1 5", "get 0 2 a",
                     "saw 0 2 a 5 +0", "ask 0 3 accepted whole a=1.0.3.0+0"},
                    {{"b", {version{3}, "0.0.9.0+0"}}});
  state_of_blocks state{{"a", {version{5}, "+0"}}, {"b", {version{3}, "+0"}}};
  r.name_empty_values(state);
  BOOST_TEST(state["a"].value == "1.0.1.0+0");
  BOOST_TEST(state["b"].value == "0.0.9.0+0");
  BOOST_TEST(r.recorded().reads.at(0).found->value == "1.0.1.0+0");
  // A version that nobody was told of is of the write without an answer.
  state["a"] = {version{6}, "+0"};
  r.name_empty_values(state);
  BOOST_TEST(state["a"].value == "1.0.3.0+0");
}

BOOST_AUTO_TEST_CASE(answers_to_nobody_are_nonsense) {
  BOOST_TEST(recorded({"got 0 1 5"}).nonsense().size() == 1U);
  BOOST_TEST(recorded({"ask 0 1 durable each a=1.0.1.0+40", "got 0 1 5 6"}).nonsense().size() ==
             1U);
  BOOST_TEST(recorded({"flush 0 1", "flushed 0 1", "flushed 0 1"}).nonsense().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_digest_is_of_names_versions_and_sizes) {
  const state_of_blocks state{{"a", {version{5}, "1.0.1.0+40"}}};
  BOOST_TEST(digest_of(state) == digest_of(std::vector<listed_block>{{"a", version{5}, 40}}));
  BOOST_TEST(digest_of(state) != digest_of(std::vector<listed_block>{{"a", version{5}, 41}}));
  BOOST_TEST(digest_of(state) != digest_of(std::vector<listed_block>{{"a", version{6}, 40}}));
  BOOST_TEST(digest_of(state) != digest_of(state_of_blocks{}));
}

BOOST_AUTO_TEST_SUITE_END()
