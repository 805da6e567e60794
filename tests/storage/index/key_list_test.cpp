#include <boost/test/unit_test.hpp>

#include <stowage/storage/index/key_list.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace stowage;
using namespace stowage::test;
using detail::key_list;

namespace {

/// A list beside what it must be.
struct listed {
  key_list keys;
  std::vector<std::string> names;

  void insert(const std::string& name) {
    const auto at = std::ranges::lower_bound(names, name) - names.begin();
    keys.insert(static_cast<std::size_t>(at), keep(name));
    names.insert(names.begin() + at, name);
  }
  void erase(std::size_t at) {
    keys.erase(at);
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(at));
  }
  /// Nobody else has blocks of that name.
  const block* keep(const std::string& name) {
    blocks->push_back(block::make(put_of(name, 1).get(), 0));
    return blocks->back().operator->();
  }

  std::shared_ptr<std::vector<block_ref>> blocks = std::make_shared<std::vector<block_ref>>();
};

void check_search(const listed& of, const std::string& name) {
  const auto& names = of.names;
  for (const std::size_t first : {std::size_t{0}, std::min<std::size_t>(1, names.size())}) {
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(first);
    const auto lower = std::lower_bound(begin, names.end(), name) - names.begin();
    const auto upper = std::upper_bound(begin, names.end(), name) - names.begin();
    BOOST_TEST(of.keys.lower_bound(name, first) == static_cast<std::size_t>(lower));
    BOOST_TEST(of.keys.upper_bound(name, first) == static_cast<std::size_t>(upper));
  }
}

void check_all(const listed& of, const std::vector<std::string>& probes) {
  BOOST_REQUIRE_EQUAL(of.keys.size(), of.names.size());
  for (std::size_t at = 0; at < of.names.size(); ++at)
    BOOST_TEST(of.keys[at]->name() == of.names[at]);
  for (const auto& name : of.names) check_search(of, name);
  for (const auto& name : probes) check_search(of, name);
}

// Of few letters, the smallest and the largest byte among them, so that names begin alike, are each other's
// beginnings, and end in zeros.
std::string some_name(std::mt19937_64& random) {
  static const std::string prefixes[] = {"", "user/", "user/0000000",
                                         "a common beginning of 29 bytes"};
  static constexpr std::string_view letters{"\0\0ab\xff", 5};
  auto name = prefixes[random() % std::size(prefixes)];
  for (auto length = 1 + random() % 12; length > 0; --length)
    name += letters[random() % letters.size()];
  return name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_list_suite)

BOOST_AUTO_TEST_CASE(an_empty_list_has_nothing) {
  const key_list none;
  BOOST_TEST(none.empty());
  BOOST_TEST(none.lower_bound("a") == 0U);
  BOOST_TEST(none.upper_bound("a") == 0U);
}

BOOST_AUTO_TEST_CASE(names_that_differ_behind_the_bytes_kept_are_told_apart) {
  listed of;
  for (const auto* end : {"1", "2", "3", "4"}) of.insert(std::string{"x/12345678"} + end);
  of.insert("y");
  check_all(of, {"x/12345678", "x/123456780", "x/1234567822", "x/12345679", "x", "z"});
}

BOOST_AUTO_TEST_CASE(zeros_at_the_end_of_a_name_count) {
  listed of;
  using namespace std::string_literals;
  for (const auto& name : {"a"s, "a\0"s, "a\0\0"s, "a\0b"s, "b"s}) of.insert(name);
  check_all(of, {"a\0\0\0"s, "a\0a"s, "`"s});
}

BOOST_AUTO_TEST_CASE(a_name_that_begins_in_another_way_comes_among_the_others) {
  listed of;
  for (const auto* name : {"block-000001", "block-000002", "block-000103"}) of.insert(name);
  check_all(of, {"block-", "block-0001", "a", "c"});
  of.insert("block");
  check_all(of, {"blocj", "blocl"});
  of.insert("another");
  of.insert("zebra");
  check_all(of, {"", "block-00000", "block-00000100"});
}

BOOST_AUTO_TEST_CASE(a_key_gives_way_to_one_of_any_name_between_its_neighbours) {
  listed of;
  for (const auto* name : {"k/aa", "k/bb", "k/cc"}) of.insert(name);
  BOOST_TEST((of.keys.replace(1, of.keep("k/bc"))->name() == "k/bb"));
  of.names[1] = "k/bc";
  BOOST_TEST((of.keys.replace(2, of.keep("m"))->name() == "k/cc"));
  of.names[2] = "m";
  check_all(of, {"k/bb", "k/cc", "k/", "l"});
}

BOOST_AUTO_TEST_CASE(searches_find_what_comparisons_of_whole_names_find) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    BOOST_TEST_INFO_SCOPE("seed " << seed);
    std::mt19937_64 random{seed};
    listed left;
    for (int step = 0; step < 60; ++step) {
      if (left.names.size() > 2 && random() % 4 == 0)
        left.erase(random() % left.names.size());
      else if (auto name = some_name(random); !std::ranges::binary_search(left.names, name))
        left.insert(name);
    }
    std::vector<std::string> probes{"", std::string(1, '\0'), "\xff\xff"};
    for (int i = 0; i < 20; ++i) probes.push_back(some_name(random));
    check_all(left, probes);

    // As a node is split, and joined again.
    listed tail;
    const auto at = random() % (left.names.size() + 1);
    left.keys.move_tail(at, tail.keys, 65);
    const auto middle = left.names.begin() + static_cast<std::ptrdiff_t>(at);
    tail.names.assign(middle, left.names.end());
    left.names.erase(middle, left.names.end());
    check_all(left, probes);
    check_all(tail, probes);
    left.keys.append(tail.keys);
    left.names.insert(left.names.end(), tail.names.begin(), tail.names.end());
    check_all(left, probes);
  }
}

BOOST_AUTO_TEST_CASE(the_first_key_may_stand_out_of_order) {
  listed of;
  for (const auto* name : {"n/1", "n/2", "n/3"}) of.insert(name);
  of.keys.insert(0, of.keep("z"));
  for (const auto* name : {"a", "n/", "n/1", "n/25", "n/3", "o", "z", "zz"}) {
    const auto upper = std::ranges::upper_bound(of.names, std::string{name}) - of.names.begin();
    BOOST_TEST(of.keys.upper_bound(name, 1) == static_cast<std::size_t>(upper) + 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
