// What each watch is told, without a store.
#include <stowage/actors/watch_table.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage;

namespace {

std::string show(const std::optional<change_batch>& batch) {
  if (!batch) return "-";
  std::string out;
  if (batch->gap)
    out += "gap " + std::to_string(batch->gap->from.value) + "-" +
           std::to_string(batch->gap->to.value) + " ";
  for (const auto& c : batch->changes)
    out += to_string(c.kind) + ":" + c.name + "@" + std::to_string(c.ver.value) + " ";
  return out + "through " + std::to_string(batch->through.value);
}

struct watched {
  watch_table table;

  void put(const std::string& name, std::uint64_t ver) {
    table.tell(name, change_kind::put, version{ver});
  }
  [[nodiscard]] std::string take(watch_table::id which, std::uint64_t after = 0) {
    return show(table.take(which, version{after}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(watch_tables, watched)

BOOST_AUTO_TEST_CASE(a_watch_gets_the_names_with_its_prefix) {
  const auto all = table.add("");
  const auto a = table.add("a");
  const auto ab = table.add("ab");
  const auto also_ab = table.add("ab");
  const auto b = table.add("b");
  put("a", 1);
  put("ab", 2);
  put("abc", 3);
  put("c", 4);
  put("", 5);
  BOOST_TEST(take(all) == "put:a@1 put:ab@2 put:abc@3 put:c@4 put:@5 through 5");
  BOOST_TEST(take(a) == "put:a@1 put:ab@2 put:abc@3 through 3");
  BOOST_TEST(take(ab) == "put:ab@2 put:abc@3 through 3");
  BOOST_TEST(take(also_ab) == "put:ab@2 put:abc@3 through 3");
  BOOST_TEST(take(b) == "-");
}

BOOST_AUTO_TEST_CASE(a_prefix_has_any_bytes) {
  const std::string zero{"\0", 1};
  const auto which = table.add(zero);
  put(zero + "x", 1);
  put("x", 2);
  BOOST_TEST(table.take(which, {})->changes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(everybody_hears_of_a_clear) {
  const auto a = table.add("a");
  const auto b = table.add("b");
  table.tell({}, change_kind::cleared, version{7});
  BOOST_TEST(take(a) == "cleared:@7 through 7");
  BOOST_TEST(take(b) == "cleared:@7 through 7");
}

BOOST_AUTO_TEST_CASE(what_has_not_arrived_is_given_again) {
  const auto which = table.add("");
  put("a", 3);
  put("b", 5);
  BOOST_TEST(take(which) == "put:a@3 put:b@5 through 5");
  put("c", 6);
  BOOST_TEST(take(which) == "put:a@3 put:b@5 through 5");
  BOOST_TEST(take(which, 4) == "put:a@3 put:b@5 through 5");
  BOOST_TEST(take(which, 5) == "put:c@6 through 6");
  BOOST_TEST(take(which, 6) == "-");
  BOOST_TEST(take(which, 6) == "-");
}

BOOST_AUTO_TEST_CASE(a_full_watch_forgets_the_oldest_and_says_which) {
  const auto which = table.add("");
  std::uint64_t ver = 0;
  // Versions need not follow one another.
  while (ver < 2 * watched_changes_max) put("n", ver += 2);
  auto exactly = table.take(which, {});
  BOOST_TEST(!exactly->gap.has_value());
  BOOST_TEST(exactly->changes.size() == watched_changes_max);
  BOOST_TEST(table.gaps() == 0U);

  const auto first = ver + 2;
  for (std::size_t i = 0; i < watched_changes_max + 3; ++i) put("n", ver += 2);
  BOOST_TEST(table.gaps() == 1U);
  // What was given is not forgotten with it.
  BOOST_TEST((table.take(which, {}) == exactly));
  const auto rest = table.take(which, exactly->through);
  BOOST_TEST((rest->gap == change_gap{version{first}, version{first + 4}}));
  BOOST_TEST(rest->changes.size() == watched_changes_max);
  BOOST_TEST(rest->changes.front().ver.value == first + 6);
  BOOST_TEST(rest->changes.back().ver.value == ver);
  BOOST_TEST(rest->through.value == ver);
  // A gap that has not arrived is given again as well; afterwards it goes on without.
  BOOST_TEST((table.take(which, exactly->through) == rest));
  put("n", ver += 2);
  BOOST_TEST(take(which, ver - 2) ==
             "put:n@" + std::to_string(ver) + " through " + std::to_string(ver));
  BOOST_TEST(table.gaps() == 1U);
}

BOOST_AUTO_TEST_CASE(a_gap_of_one_change_is_that_change) {
  const auto which = table.add("");
  for (std::uint64_t ver = 10; ver < 11 + watched_changes_max; ++ver) put("n", ver);
  BOOST_TEST((table.take(which, {})->gap == change_gap{version{10}, version{10}}));
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_full_costs_the_others_nothing) {
  const auto slow = table.add("");
  const auto quick = table.add("");
  std::uint64_t after = 0;
  for (std::uint64_t ver = 1; ver <= 3 * watched_changes_max; ++ver) {
    put("n", ver);
    const auto batch = table.take(quick, version{after});
    BOOST_TEST_REQUIRE((batch && !batch->gap && batch->changes.size() == 1));
    after = batch->through.value;
  }
  const auto left = table.take(slow, {});
  BOOST_TEST((left->gap == change_gap{version{1}, version{2 * watched_changes_max}}));
}

BOOST_AUTO_TEST_CASE(a_watch_that_was_removed_gets_nothing) {
  BOOST_TEST(table.empty());
  const auto a = table.add("a");
  const auto other = table.add("a");
  const auto longer = table.add("abc");
  BOOST_TEST(table.size() == 3U);
  table.remove(a);
  table.remove(a);
  BOOST_TEST(!table.contains(a));
  put("abc", 1);
  BOOST_TEST(take(other) == "put:abc@1 through 1");
  BOOST_TEST(take(longer) == "put:abc@1 through 1");
  table.remove(other);
  put("abc", 2);
  BOOST_TEST(take(longer, 1) == "put:abc@2 through 2");
  table.remove(longer);
  BOOST_TEST(table.empty());
  put("abc", 3);
  // No number is given twice.
  const auto next = table.add("a");
  BOOST_TEST(next > longer);
  BOOST_TEST(take(next) == "-");
}

BOOST_AUTO_TEST_SUITE_END()
