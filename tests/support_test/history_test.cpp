// The checker of histories refuses each kind of wrong history, and takes right ones.
#include <stowage/tests/support/history.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

write_event wrote(std::uint64_t invoked, std::uint64_t answered, std::vector<written> writes,
                  bool durable = false) {
  return {invoked, answered, std::move(writes), durable, outcome::taken};
}
write_event asked(std::uint64_t invoked, std::vector<written> writes) {
  return {invoked, UINT64_MAX, std::move(writes), true, outcome::unknown};
}
written put(std::string name, std::string value, std::uint64_t ver = 0) {
  return {std::move(name), std::move(value), version{ver}};
}
written gone(std::string name, std::uint64_t ver = 0) {
  return {std::move(name), std::nullopt, version{ver}};
}
seen_block block(std::uint64_t ver, std::string value) { return {version{ver}, std::move(value)}; }

/// a=1 (v1), then a transaction a=2, b=2 (v2, v3), then b deleted (v4).
history usual() {
  history h;
  h.writes = {wrote(1, 2, {put("a", "1", 1)}), wrote(3, 4, {put("a", "2", 2), put("b", "2", 3)}),
              wrote(5, 6, {gone("b", 4)})};
  return h;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(histories)

BOOST_AUTO_TEST_CASE(a_right_history_breaks_nothing) {
  auto h = usual();
  h.reads = {{0, 1, "a", {}, true},
             {0, 1, "a", block(1, "1"), true},
             {3, 3, "a", block(2, "2"), true},
             {7, 8, "b", {}, true},
             {4, 9, "b", block(3, "2"), true}};
  h.lists = {
      {0, 0, {}}, {3, 3, {{"a", version{1}}}}, {5, 5, {{"a", version{2}}, {"b", version{3}}}}};
  for (const auto& rule : broken_rules(h)) BOOST_ERROR(rule);
}

BOOST_AUTO_TEST_CASE(a_version_twice) {
  auto h = usual();
  h.writes.push_back(wrote(7, 8, {put("c", "3", 4)}));
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(versions_against_real_time) {
  auto h = usual();
  h.writes.push_back(wrote(7, 8, {put("c", "3", 6)}));
  h.writes.push_back(wrote(9, 10, {put("c", "4", 5)}));
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_read_of_what_nobody_wrote) {
  for (const auto& found : {block(9, "1"), block(4, ""), block(1, "other")}) {
    auto h = usual();
    h.reads = {{1, 3, found.ver == version{4} ? "b" : "a", found, true}};
    BOOST_TEST(broken_rules(h).size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_read_before_its_write_was_asked_for) {
  auto h = usual();
  h.reads = {{1, 2, "a", block(2, "2"), true}};
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stale_read) {
  auto h = usual();
  h.reads = {{5, 6, "a", block(1, "1"), true}};
  BOOST_TEST(broken_rules(h).size() == 1U);
  h.reads = {{5, 6, "a", {}, true}};
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_read_older_than_an_earlier_read) {
  history h;
  h.writes = {wrote(1, 2, {put("a", "1", 1)}), wrote(3, 100, {put("a", "2", 2)})};
  h.reads = {{4, 5, "a", block(2, "2"), true}, {6, 7, "a", block(1, "1"), true}};
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_list_of_no_moment) {
  // Half a transaction, and a mixture of two moments.
  auto h = usual();
  h.lists = {{3, 5, {{"a", version{2}}}}};
  BOOST_TEST(broken_rules(h).empty());  // b is deleted again: possible
  h.writes.pop_back();
  BOOST_TEST(broken_rules(h).size() == 1U);
  h.lists = {{3, 5, {{"a", version{1}}, {"b", version{3}}}}};
  BOOST_TEST(broken_rules(h).size() == 1U);
  // A moment that was over.
  h.lists = {{5, 6, {{"a", version{1}}}}};
  BOOST_TEST(broken_rules(h).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_clear_deletes_all_names_in_one_version) {
  auto h = usual();
  h.writes.push_back(wrote(7, 8, {gone("a", 5), gone("b", 5), gone("c", 5)}));
  h.writes.back().clears = true;
  h.reads = {{9, 10, "a", {}, true}, {7, 10, "a", block(2, "2"), true}};
  h.lists = {{7, 8, {{"a", version{2}}}}, {9, 10, {}}};
  for (const auto& rule : broken_rules(h)) BOOST_ERROR(rule);
  BOOST_TEST(broken_by_recovery(h, {}, version{6}).empty());
  h.reads = {{9, 10, "a", block(2, "2"), true}};
  h.lists.clear();
  BOOST_TEST(broken_rules(h).size() == 1U);
  h.reads.clear();
  h.lists = {{9, 10, {{"a", version{2}}}}};
  BOOST_TEST(broken_rules(h).size() == 1U);
  h.writes.back().durable = true;
  BOOST_TEST(broken_by_recovery(h, {{"a", block(2, "2")}}, version{6}).size() == 1U);
  // Two ops of one version are no clear.
  h.writes.back().clears = false;
  h.lists.clear();
  BOOST_TEST(broken_rules(h).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_block_that_expires_is_seen_before_its_time_and_not_after) {
  history h;
  h.writes = {wrote(1, 2, {put("a", "1", 1)})};
  h.writes[0].writes[0].expires_at_ms = 1000;
  const seen_block there{version{1}, "1", 1000};
  h.reads = {{3, 4, "a", there, true, 998, 999},
             {3, 4, "a", there, true, 999, 1000},
             {3, 4, "a", {}, true, 999, 1000},
             {3, 4, "a", {}, true, 1000, 1000}};
  h.lists = {{3, 4, {{"a", version{1}}}, 999, 1000}, {3, 4, {}, 999, 1000}};
  for (const auto& rule : broken_rules(h)) BOOST_ERROR(rule);
  const auto breaks = [&](read_event r) {
    h.lists.clear();
    h.reads = {std::move(r)};
    return broken_rules(h).size();
  };
  BOOST_TEST(breaks({3, 4, "a", there, true, 1000, 1000}) == 1U);
  BOOST_TEST(breaks({3, 4, "a", {}, true, 998, 999}) == 1U);
  BOOST_TEST(breaks({3, 4, "a", block(1, "1"), true, 998, 999}) == 1U);
  // What a conflict says it found has no value, and no time.
  BOOST_TEST(breaks({3, 4, "a", block(1, ""), false, 998, 999}) == 0U);
  BOOST_TEST(breaks({3, 4, "a", block(1, ""), false, 1000, 1000}) == 1U);
  h.reads.clear();
  for (const auto& wrong :
       {list_event{3, 4, {{"a", version{1}}}, 1000, 1000}, list_event{3, 4, {}, 998, 999}}) {
    h.lists = {wrong};
    BOOST_TEST(broken_rules(h).size() == 1U);
  }
  h.writes[0].durable = true;
  BOOST_TEST(broken_by_recovery(h, {{"a", there}}, version{2}, 999).empty());
  BOOST_TEST(broken_by_recovery(h, {}, version{2}, 1000).empty());
  BOOST_TEST(broken_by_recovery(h, {}, version{2}, 999).size() == 1U);
  BOOST_TEST(broken_by_recovery(h, {{"a", block(1, "1")}}, version{2}, 999).size() == 1U);
  // One whose outcome nobody knows may have taken its place, and have expired.
  h.writes[0].writes[0].expires_at_ms = 0;
  h.writes.push_back(asked(3, {put("a", "2")}));
  BOOST_TEST(broken_by_recovery(h, {}, version{2}, 2000).size() == 1U);
  h.writes[1].writes[0].expires_at_ms = 2000;
  BOOST_TEST(broken_by_recovery(h, {}, version{2}, 2000).empty());
  BOOST_TEST(broken_by_recovery(h, {}, version{2}, 1999).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_crash_may_leave) {
  auto h = usual();
  h.writes[0].durable = true;
  using state = std::map<std::string, seen_block>;
  for (const auto& fine :
       {state{{"a", block(1, "1")}}, state{{"a", block(2, "2")}, {"b", block(3, "2")}},
        state{{"a", block(2, "2")}}})
    BOOST_TEST(broken_by_recovery(h, fine, version{5}).empty());
  for (const auto& wrong : {state{}, state{{"a", block(1, "1")}, {"b", block(3, "2")}},
                            state{{"a", block(2, "1")}}, state{{"c", block(1, "1")}}})
    BOOST_TEST(broken_by_recovery(h, wrong, version{5}).size() == 1U);
  BOOST_TEST(broken_by_recovery(h, {{"a", block(2, "2")}}, version{4}).size() == 1U);
  // A flush makes all of it durable.
  h.flushes = {{7, 8}};
  BOOST_TEST(broken_by_recovery(h, {{"a", block(1, "1")}}, version{5}).size() == 1U);
  BOOST_TEST(broken_by_recovery(h, {{"a", block(2, "2")}}, version{5}).empty());
}

BOOST_AUTO_TEST_CASE(what_was_not_answered_may_be_there_but_whole) {
  auto h = usual();
  h.writes.push_back(asked(7, {put("a", "x"), put("c", "x")}));
  h.writes.push_back(asked(7, {gone("b")}));
  BOOST_TEST(broken_by_recovery(h, {{"a", block(2, "2")}}, version{9}).empty());
  BOOST_TEST(
      broken_by_recovery(h, {{"a", block(5, "x")}, {"c", block(6, "x")}}, version{9}).empty());
  h.writes.push_back(wrote(1, 2, {put("c", "old", 1'000)}));
  h.writes.back().writes[0].ver = version{0};
  h.writes.pop_back();
  h.writes.insert(h.writes.begin(), wrote(0, 0, {put("c", "old", 0)}));
  h.writes.front().what = outcome::unknown;
  BOOST_TEST(
      broken_by_recovery(h, {{"a", block(8, "x")}, {"c", block(3, "old")}}, version{9}).size() >=
      1U);
}

BOOST_AUTO_TEST_SUITE_END()
