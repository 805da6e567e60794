#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <map>
#include <random>

using namespace stowage;
using namespace stowage::test;

namespace {

struct reading : store_fixture {
  reading() { open(); }

  [[nodiscard]] std::string names(std::string prefix = {}, std::string after = {},
                                  std::uint32_t limit = 1000) {
    auto page = list(std::move(prefix), std::move(after), limit);
    run();
    std::string text;
    for (const auto& b : page->blocks) text += b.name + " ";
    return text + (page->more ? "..." : ".");
  }
  /// Where the values of the last group went.
  [[nodiscard]] extent last_value_write() const {
    for (auto i = rig->trace.size(); i-- > 0;)
      if (rig->trace[i].writes_content() && rig->trace[i].range.length > page_size)
        return rig->trace[i].range;
    return {};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_suite)

BOOST_FIXTURE_TEST_CASE(reads_see_accepted_writes, reading) {
  auto put = put_accepted("k", "new");
  run();
  auto got = get("k");
  run();
  BOOST_TEST((put->reached == durability::accepted));
  BOOST_TEST(got->value.text() == "new");
  BOOST_TEST(got->ver == put->ver);
  BOOST_TEST(status().ops_in_flight == 1U);
  BOOST_TEST(rig->count(device_call::read) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_read_sees_the_write_sent_before_it_even_if_that_waits, reading) {
  (void)put_accepted("k", "new");
  auto got = get("k");
  run();
  BOOST_TEST(got->value.text() == "new");
}

BOOST_FIXTURE_TEST_CASE(an_accepted_write_hides_the_durable_one_until_it_is_durable_itself,
                        reading) {
  (void)put_durable("k", "one");
  (void)put_accepted("k", "two");
  BOOST_TEST(value_of("k") == "two");
  (void)put_accepted("k", "three");
  BOOST_TEST(value_of("k") == "three");
  advance(50ms);
  BOOST_TEST(status().ops_in_flight == 0U);
  BOOST_TEST(value_of("k") == "three");
}

BOOST_FIXTURE_TEST_CASE(with_two_versions_in_flight_reads_see_the_newest_throughout, reading) {
  std::vector<std::string> seen;
  rig->meanwhile(device_call::sync, [&] {
    (void)put_accepted("k", "two");
    seen.push_back(value_of("k"));
  });
  (void)put_durable("k", "one");
  seen.push_back(value_of("k"));  // "one" is durable, "two" only accepted
  advance(50ms);
  seen.push_back(value_of("k"));
  BOOST_TEST(seen == std::vector<std::string>(3, "two"), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_delete_shows_at_once, reading) {
  (void)put_durable("k", "v");
  auto gone = remove("k", durability::accepted);
  auto got = get("k");
  auto there = exists("k");
  auto stat_of = stat("k");
  run();
  BOOST_TEST(gone.code() == errc::none);
  BOOST_TEST(got.code() == errc::not_found);
  BOOST_TEST(got.error().name == "k");
  BOOST_TEST(*there == false);
  BOOST_TEST(stat_of.code() == errc::not_found);
  BOOST_TEST(names() == ".");
  advance(50ms);
  BOOST_TEST(value_of("k") == "-");
  BOOST_TEST(status().blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_deleted_block_stays_deleted_when_its_put_becomes_durable, reading) {
  (void)put_accepted("k", "v");
  (void)remove("k", durability::accepted);
  (void)put_durable("other");
  BOOST_TEST(value_of("k") == "-");
  crash();
  open();
  BOOST_TEST(value_of("k") == "-");
}

BOOST_FIXTURE_TEST_CASE(ranges_are_cut_to_the_value, reading) {
  const auto text = pattern(200'000);
  for (const bool durable : {false, true}) {
    if (durable)
      advance(50ms);
    else
      (void)put_accepted("k", text);
    run();
    for (const auto& [offset, length] :
         std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, UINT64_MAX},
                                                              {0, 1},
                                                              {4095, 2},
                                                              {199'999, 10},
                                                              {200'000, 1},
                                                              {UINT64_MAX, UINT64_MAX},
                                                              {5, 0}}) {
      auto got = get("k", offset, length);
      run();
      const auto from = std::min<std::uint64_t>(offset, text.size());
      BOOST_TEST(got->value.text() ==
                 std::string_view{text}.substr(from, std::min<std::uint64_t>(length, text.size())));
    }
  }
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_empty_value_is_a_value, reading) {
  (void)put_accepted("k", "");
  run();
  BOOST_TEST(value_of("k").empty());
  advance(50ms);
  BOOST_TEST(value_of("k").empty());
  crash();
  open();
  BOOST_TEST(value_of("k").empty());
  auto found = stat("k");
  run();
  BOOST_TEST(found->size == 0U);
}

BOOST_FIXTURE_TEST_CASE(exists_and_stat_know_accepted_and_durable_blocks, reading) {
  const auto first = put_durable("k", "four");
  auto durable = stat("k");
  auto put = put_accepted("k", "longer");
  auto accepted = stat("k");
  auto there = exists("k");
  auto missing = exists("x");
  auto no_stat = stat("x");
  run();
  BOOST_TEST((*durable == block_stat{"k", first, 4}));
  BOOST_TEST((*accepted == block_stat{"k", put->ver, 6}));
  BOOST_TEST(*there);
  BOOST_TEST(!*missing);
  BOOST_TEST(no_stat.code() == errc::not_found);
}

BOOST_FIXTURE_TEST_CASE(a_list_merges_what_is_accepted_with_what_is_durable, reading) {
  for (const auto* name : {"b", "d", "f", "h"}) (void)put_durable(name);
  (void)put_accepted("a");
  (void)put_accepted("d", "overwritten");
  (void)put_accepted("e");
  (void)remove("f", durability::accepted);
  (void)put_accepted("i");
  (void)put_accepted("gone");
  (void)remove("gone", durability::accepted);
  BOOST_TEST(names() == "a b d e h i .");
  BOOST_TEST(names("", "", 3) == "a b d ...");
  BOOST_TEST(names("", "d", 3) == "e h i .");
  BOOST_TEST(names("", "e", 1) == "h ...");
  BOOST_TEST(names("", "c") == "d e h i .");
  BOOST_TEST(names("", "i") == ".");
  BOOST_TEST(names("d") == "d .");
  BOOST_TEST(names("f") == ".");
  auto page = list();
  run();
  BOOST_TEST(page->blocks[2].size == 11U);
  advance(50ms);
  BOOST_TEST(names() == "a b d e h i .");
  crash();
  open();
  BOOST_TEST(names() == "a b d e h i .");
}

BOOST_FIXTURE_TEST_CASE(a_list_stops_at_its_prefix, reading) {
  for (const auto* name : {"p", "p/1", "p/2", "q"}) (void)put_durable(name);
  for (const auto* name : {"p/", "p/11", "p/3", "o"}) (void)put_accepted(name);
  BOOST_TEST(names("p/") == "p/ p/1 p/11 p/2 p/3 .");
  BOOST_TEST(names("p/", "p/1") == "p/11 p/2 p/3 .");
  BOOST_TEST(names("p/", "p/1", 2) == "p/11 p/2 ...");
  BOOST_TEST(names("p/", "p/11", 2) == "p/2 p/3 .");
  BOOST_TEST(names("p/", "a") == "p/ p/1 p/11 p/2 p/3 .");
  BOOST_TEST(names("p/", "q") == ".");
  BOOST_TEST(names(std::string{"p/1\0", 4}) == ".");
}

BOOST_FIXTURE_TEST_CASE(a_list_has_limits, reading) {
  for (const std::uint32_t limit : {0U, list_limit_max + 1}) {
    auto page = list({}, {}, limit);
    run();
    BOOST_TEST(page.code() == errc::limit_exceeded);
  }
}

BOOST_FIXTURE_TEST_CASE(lists_of_a_random_store_page_through_exactly_its_blocks, reading) {
  std::mt19937_64 chance{42};
  std::map<std::string, std::size_t> model;
  for (int i = 0; i < 600; ++i) {
    const auto name = std::to_string(chance() % 150);
    if (chance() % 3 == 0) {
      (void)remove(name, durability::accepted);
      model.erase(name);
    } else {
      const auto size = chance() % 100;
      (void)put_accepted(name, pattern(size));
      model[name] = size;
    }
    if (i % 97 == 0) (void)flush();
    run();
    if (i % 20 != 0) continue;
    const auto prefix = chance() % 2 == 0 ? std::string{} : std::to_string(chance() % 10);
    const auto limit = static_cast<std::uint32_t>(1 + chance() % 20);
    std::vector<block_stat> seen;
    std::string after;
    for (bool more = true; more;) {
      auto page = list(prefix, after, limit);
      run();
      seen.insert(seen.end(), page->blocks.begin(), page->blocks.end());
      more = page->more;
      BOOST_REQUIRE((!more || page->blocks.size() == limit));
      if (more) after = page->blocks.back().name;
    }
    auto expected = model.lower_bound(prefix);
    for (const auto& b : seen) {
      BOOST_REQUIRE((expected != model.end()));
      BOOST_REQUIRE(b.name == expected->first);
      BOOST_REQUIRE(b.size == expected->second);
      ++expected;
    }
    BOOST_REQUIRE((expected == model.end() || !expected->first.starts_with(prefix)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_flipped_byte_is_reported_with_name_and_place, reading) {
  (void)put_durable("good", pattern(100'000, 1));
  (void)put_durable("bad", pattern(100'000, 2));
  const auto where = last_value_write();
  BOOST_REQUIRE(where.length >= 100'000U);
  rig->flip_byte(where.offset + 777);
  for (int again = 0; again < 2; ++again) {
    auto got = get("bad");
    run();
    BOOST_TEST(got.code() == errc::corrupt_block);
    BOOST_TEST(got.error().name == "bad");
    BOOST_TEST(got.error().offset.value_or(0) == where.offset);
  }
  BOOST_TEST(value_of("good") == pattern(100'000, 1));
  auto listed = list();
  run();
  BOOST_TEST(listed->blocks.size() == 2U);
  // The store takes writes as before; overwriting and deleting the block is how it is cured.
  (void)put_durable("bad", "mended");
  BOOST_TEST(value_of("bad") == "mended");
  BOOST_TEST(status().state == "open");
}

BOOST_FIXTURE_TEST_CASE(reads_write_nothing, reading) {
  (void)put_durable("good", pattern(100'000, 1));
  (void)put_durable("bad", pattern(100'000, 2));
  rig->flip_byte(last_value_write().offset + 777);
  advance(1s);  // past the SEAL
  const auto before = rig->image();
  const auto done = rig->trace.size();
  BOOST_TEST(value_of("good") == pattern(100'000, 1));
  BOOST_TEST(value_of("bad") == "!corrupt_block");
  BOOST_TEST(value_of("missing") == "-");
  auto range = get("good", 50'000, 100);
  auto listed = list();
  auto found = stat("bad");
  auto exists_not = exists("missing");
  advance(1s);
  BOOST_TEST(rig->trace.size() > done);
  for (auto i = done; i < rig->trace.size(); ++i)
    BOOST_TEST((rig->trace[i].call == device_call::read));
  BOOST_TEST((rig->image() == before));
}

BOOST_FIXTURE_TEST_CASE(a_corrupt_block_can_be_deleted, reading) {
  (void)put_durable("bad", pattern(100'000));
  rig->flip_byte(last_value_write().offset);
  auto gone = remove("bad");
  run();
  BOOST_TEST(gone.code() == errc::none);
  BOOST_TEST(value_of("bad") == "-");
}

BOOST_FIXTURE_TEST_CASE(a_read_that_is_under_way_returns_what_was_there, reading) {
  // The disk shrinks to a few blocks, so that freed space is used again soon.
  const auto old_value = pattern(300'000, 1);
  (void)put_durable("k", old_value);
  std::optional<answer<store_status>> pinned;
  rig->meanwhile(device_call::read, [&] {
    // The reader has the block; before it sees a byte, the store goes on.
    for (int i = 2; i < 60; ++i) (void)put_durable("k", pattern(300'000, static_cast<unsigned>(i)));
    pinned.emplace(ask_status());
    run();
  });
  auto got = get("k");
  run();
  BOOST_TEST((got->value.text() == old_value));
  BOOST_TEST((*pinned)->pinned_bytes >= 300'000U);
  BOOST_TEST(value_of("k") == pattern(300'000, 59));
  // With the reader gone the space comes back.
  (void)put_durable("k", "small");
  (void)put_durable("k", "smaller");
  BOOST_TEST(status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(superseded_space_is_used_again_when_nobody_reads, reading) {
  for (int i = 0; i < 30; ++i) (void)put_durable("k", pattern(4 * limits::mib));
  const auto size = status().file_bytes;
  for (int i = 0; i < 100; ++i) (void)put_durable("k", pattern(4 * limits::mib));
  BOOST_TEST(status().file_bytes == size);
}

BOOST_FIXTURE_TEST_CASE(a_delegated_read_survives_any_interleaving, store_fixture) {
  // As above, with the readers scheduled among everybody else, at every distance of steps.
  open();
  (void)put_durable("k", pattern(70'000, 0));
  for (std::size_t steps = 0; steps < 40; ++steps) {
    const auto before = value_of("k");
    auto got = get("k");
    (void)det.run_steps(steps);
    std::vector<answer<receipt>> puts;
    for (unsigned i = 0; i < 3; ++i)
      puts.push_back(put("k", pattern(70'000, 3 * steps + i + 1), durability::durable));
    run();
    for (auto& p : puts) BOOST_TEST(p.code() == errc::none);
    // Sent before the puts, so it sees none of them.
    BOOST_TEST((got->value.text() == before));
  }
}

BOOST_FIXTURE_TEST_CASE(a_read_error_is_told_and_not_final, reading) {
  (void)put_durable("k", pattern(100'000));
  rig->fail_next(device_call::read, EIO);
  auto got = get("k");
  run();
  BOOST_TEST(got.code() == errc::io_error);
  BOOST_TEST(got.error().name == "k");
  BOOST_TEST(value_of("k") == pattern(100'000));
  BOOST_TEST(status().state == "open");
}

BOOST_AUTO_TEST_SUITE_END()
