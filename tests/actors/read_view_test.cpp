#include <stowage/tests/support/actors/store_fixture.hpp>

#include <stowage/tests/support/exported_metrics.hpp>

#include <caf/telemetry/collector/prometheus.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

/// As `store_fixture::value_of`, by a view.
std::string seen(const read_view& view, const std::string& name) {
  const auto got = view.get(name);
  if (got) return std::string{got.value().value.text()};
  if (got.error().code == errc::not_found) return "-";
  return "!" + std::string{name_of(got.error().code)};
}

/// The same of what is known without a wait; `?` if nothing is.
std::string known(const read_view& view, const std::string& name) {
  const auto got = view.try_get(name);
  if (!got) return "?";
  if (*got) return std::string{got->value().value.text()};
  return got->error().code == errc::not_found ? "-" : "!" + std::string{name_of(got->error().code)};
}

struct viewing : store_fixture {
  viewing() { open(); }

  [[nodiscard]] std::string names(const read_view& of, list_request what = {}) {
    const auto page = of.list(what);
    BOOST_REQUIRE(page.ok());
    std::string text;
    for (const auto& b : page.value().blocks) text += b.name + " ";
    return text + (page.value().more ? "..." : ".");
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

BOOST_AUTO_TEST_SUITE(read_views)

BOOST_FIXTURE_TEST_CASE(what_is_durable_is_seen_and_nothing_else, viewing) {
  const auto v = view();
  BOOST_TEST(seen(v, "k") == "-");
  const auto first = put_durable("k", "one");
  BOOST_TEST(seen(v, "k") == "one");
  BOOST_TEST((v.get("k").value().ver == first));
  (void)put_accepted("k", "two");
  (void)put_accepted("new");
  run();
  BOOST_TEST(value_of("k") == "two");
  BOOST_TEST(seen(v, "k") == "one");
  BOOST_TEST(seen(v, "new") == "-");
  advance(50ms);
  BOOST_TEST(seen(v, "k") == "two");
  BOOST_TEST(seen(v, "new") == "v");
}

BOOST_FIXTURE_TEST_CASE(what_is_accepted_is_known_at_once_or_not_at_all, viewing) {
  const auto v = view();
  BOOST_TEST(known(v, "k") == "-");
  (void)put_durable("k", "one");
  (void)put_durable("l", "one");
  BOOST_TEST(known(v, "k") == "one");

  // Of what is on its way nothing is known, whichever way it goes; of others everything.
  (void)put_accepted("k", "two");
  run();
  BOOST_TEST(known(v, "k") == "?");
  BOOST_TEST(known(v, "l") == "one");
  BOOST_TEST(known(v, "never") == "-");
  advance(50ms);
  BOOST_TEST(known(v, "k") == "two");

  auto gone = remove("k", durability::accepted);
  run();
  BOOST_TEST(gone.code() == errc::none);
  BOOST_TEST(known(v, "k") == "?");
  advance(50ms);
  BOOST_TEST(known(v, "k") == "-");
}

BOOST_FIXTURE_TEST_CASE(at_no_moment_is_anything_known_that_is_older_than_an_answer, viewing) {
  const auto v = view();
  std::mt19937_64 random{11};
  std::vector<answer<receipt>> asked;
  std::size_t answered = 0;
  int times_known = 0;
  for (int i = 0; i < 400; ++i) {
    // Values are their number among the puts, from 1 on.
    const auto level = random() % 3 == 0 ? durability::durable : durability::accepted;
    asked.push_back(put("k", std::to_string(asked.size() + 1), level));
    if (random() % 16 == 0) advance(50ms);
    for (auto steps = random() % 24; steps > 0 && det.run_steps(1) == 1; --steps) {
      while (answered < asked.size() && asked[answered].arrived()) ++answered;
      const auto now = known(v, "k");
      if (now == "?") continue;
      ++times_known;
      BOOST_TEST((now == "-" ? 0U : std::stoul(now)) >= answered);
    }
  }
  BOOST_TEST(times_known > 50);
}

BOOST_FIXTURE_TEST_CASE(while_a_clear_is_on_its_way_nothing_is_known, viewing) {
  const auto v = view();
  (void)put_durable("k", "one");
  (void)put_accepted("l", "one");
  run();
  auto cleared = clear(durability::accepted);
  run();
  BOOST_TEST(cleared.code() == errc::none);
  for (const auto* name : {"k", "l", "never"}) BOOST_TEST(known(v, name) == "?");
  (void)put_accepted("l", "two");
  run();
  advance(50ms);
  BOOST_TEST(known(v, "k") == "-");
  BOOST_TEST(known(v, "l") == "two");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_known_is_left_to_the_store, viewing) {
  const auto v = view();
  (void)put_durable("k", pattern(100'000));
  rig->flip_byte(last_value_write().offset);
  BOOST_TEST(known(v, "k") == "?");
  BOOST_TEST(seen(v, "k") == "!corrupt_block");
  BOOST_TEST(known({}, "k") == "?");

  rig->fail_next(device_call::sync, EIO);
  (void)put_accepted("l", "lost");
  run();
  BOOST_TEST(known(v, "l") == "?");
  advance(50ms);
  // As the store has it from then on.
  BOOST_TEST(status().state == "poisoned");
  BOOST_TEST(value_of("l") == "-");
  BOOST_TEST(known(v, "l") == "-");
  auto closed = ask_close();
  run();
  BOOST_TEST(known(v, "l") == "?");
}

BOOST_FIXTURE_TEST_CASE(a_durable_answer_comes_when_views_see_the_write, viewing) {
  const auto v = view();
  for (int i = 0; i < 30; ++i) {
    const auto text = std::to_string(i);
    auto done = put("k", text, durability::durable);
    while (!done.arrived()) {
      BOOST_REQUIRE(det.run_steps(1) == 1U);
      if (done.arrived()) BOOST_TEST(seen(v, "k") == text);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_view_sees_what_was_there_before_it, store_fixture) {
  open();
  (void)put_durable("old", "before");
  close();
  open();
  (void)put_durable("new", "now");
  const auto v = view();
  BOOST_TEST(seen(v, "old") == "before");
  BOOST_TEST(seen(v, "new") == "now");
}

BOOST_FIXTURE_TEST_CASE(what_was_written_while_there_was_no_view_is_seen_by_the_next, viewing) {
  (void)put_durable("k", "one");
  std::optional<read_view> v = view();
  BOOST_TEST(seen(*v, "k") == "one");
  const auto copy = *v;
  v.reset();
  (void)put_durable("k", "two");
  BOOST_TEST(seen(copy, "k") == "two");
  {
    const auto last = copy;
    const_cast<read_view&>(copy) = {};
    (void)put_durable("k", "three");
    BOOST_TEST(seen(last, "k") == "three");
  }
  (void)put_durable("k", "four");
  (void)put_durable("k", "five");
  BOOST_TEST(seen(view(), "k") == "five");
}

BOOST_FIXTURE_TEST_CASE(removed_and_missing_blocks_are_absent, viewing) {
  const auto v = view();
  (void)put_durable("k", "v");
  (void)put_durable("l", "v");
  auto gone = remove("k", durability::durable);
  run();
  BOOST_TEST(gone.code() == errc::none);
  for (const auto* name : {"k", "never"}) {
    BOOST_TEST((v.get(name).error().code == errc::not_found));
    BOOST_TEST(v.get(name).error().name == name);
    BOOST_TEST((v.stat(name).error().code == errc::not_found));
    BOOST_TEST(v.exists(name).value() == false);
  }
  BOOST_TEST(v.exists("l").value());
  auto cleared = clear(durability::durable);
  run();
  BOOST_TEST(cleared.code() == errc::none);
  BOOST_TEST(seen(v, "l") == "-");
  BOOST_TEST(names(v) == ".");
}

BOOST_FIXTURE_TEST_CASE(a_stat_is_that_of_the_store, viewing) {
  const auto v = view();
  const auto ver = put_durable_for(1h, "k", "four");
  const auto found = v.stat("k");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST((found.value() == block_stat{"k", ver, 4, wall_ms() + 3'600'000}));
  BOOST_TEST(v.get("k").value().expires_at_ms == wall_ms() + 3'600'000);
}

BOOST_FIXTURE_TEST_CASE(ranges_are_cut_to_the_value, viewing) {
  const auto text = pattern(200'000);
  (void)put_durable("k", text);
  (void)put_durable("empty", "");
  const auto v = view();
  for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, UINT64_MAX}, {0, 1}, {4095, 2}, {199'999, 10}, {200'000, 1}, {UINT64_MAX, 7}}) {
    const auto from = std::min<std::uint64_t>(offset, text.size());
    const auto got = v.get("k", offset, length);
    BOOST_REQUIRE(got.ok());
    BOOST_TEST(got.value().value.text() ==
               std::string_view{text}.substr(from, std::min<std::uint64_t>(length, text.size())));
  }
  BOOST_TEST(seen(v, "empty").empty());
}

BOOST_FIXTURE_TEST_CASE(lists_page_through_what_is_durable, viewing) {
  const auto v = view();
  for (const auto* name : {"a", "p", "p/1", "p/2", "p/3", "q"}) (void)put_durable(name);
  (void)put_accepted("p/0");
  run();
  BOOST_TEST(names(v) == "a p p/1 p/2 p/3 q .");
  BOOST_TEST(names(v, {"p/", "", 1000}) == "p/1 p/2 p/3 .");
  BOOST_TEST(names(v, {"p/", "", 2}) == "p/1 p/2 ...");
  BOOST_TEST(names(v, {"p/", "p/2", 2}) == "p/3 .");
  BOOST_TEST(names(v, {"", "p", 3}) == "p/1 p/2 p/3 ...");
  for (const std::uint32_t limit : {0U, list_limit_max + 1})
    BOOST_TEST((v.list({"", "", limit}).error().code == errc::limit_exceeded));
  // Those that have expired are not counted either.
  (void)put_durable_for(1s, "p/15");
  BOOST_TEST(names(v, {"p/1", "", 2}) == "p/1 p/15 .");
  BOOST_TEST(names(v, {"p/1", "", 1}) == "p/1 ...");
  wall += 1s;
  BOOST_TEST(names(v, {"p/1", "", 1}) == "p/1 .");
}

BOOST_FIXTURE_TEST_CASE(a_block_is_there_until_it_expires, viewing) {
  const auto v = view();
  (void)put_durable_for(10s, "k", "v");
  BOOST_TEST(seen(v, "k") == "v");
  wall += 9'999ms;
  BOOST_TEST(seen(v, "k") == "v");
  wall += 1ms;
  BOOST_TEST(seen(v, "k") == "-");
  BOOST_TEST(v.exists("k").value() == false);
  BOOST_TEST((v.stat("k").error().code == errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(of_a_transaction_all_is_seen_or_nothing, viewing) {
  const auto v = view();
  for (int i = 0; i < 20; ++i) {
    const auto text = std::to_string(i);
    transaction t;
    for (const auto* name : {"a", "b", "c"}) t.put(name, payload{text});
    auto done = commit(std::move(t), durability::durable);
    while (!done.arrived()) {
      BOOST_REQUIRE(det.run_steps(1) == 1U);
      const auto first = seen(v, "a");
      BOOST_TEST(seen(v, "b") == first);
      BOOST_TEST(seen(v, "c") == first);
    }
    BOOST_TEST(seen(v, "a") == text);
  }
}

BOOST_FIXTURE_TEST_CASE(a_value_is_read_from_the_disk_once, viewing) {
  const auto text = pattern(100'000);
  (void)put_durable("k", text);
  const auto v = view();
  const auto reads = rig->count(device_call::read);
  const auto first = v.get("k");
  const auto second = v.get("k");
  BOOST_TEST(rig->count(device_call::read) == reads + 1);
  BOOST_TEST(first.value().value.text() == text);
  // The payload itself, and so for who asks by message.
  BOOST_TEST(second.value().value.data() == first.value().value.data());
  auto third = get("k");
  run();
  BOOST_TEST(third->value.data() == first.value().value.data());
  BOOST_TEST(rig->count(device_call::read) == reads + 1);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_is_read_and_written_is_read_from_memory, viewing) {
  const auto v = view();
  (void)put_durable("k", "one");
  BOOST_TEST(seen(v, "k") == "one");
  const auto reads = rig->count(device_call::read);
  int seen_between = 0;
  (void)put_durable("k", "two");
  BOOST_TEST(seen(v, "k") == "two");
  BOOST_TEST(rig->count(device_call::read) == reads);
  // Two in flight at a time: what is kept of each write is its own value.
  for (int i = 0; i < 200; ++i) {
    const auto older = "a" + std::to_string(i);
    const auto newer = "b" + std::to_string(i);
    auto first = put("k", older, durability::durable);
    (void)det.run_steps(static_cast<std::size_t>(i % 12));
    auto second = put("k", newer, durability::durable);
    std::map<version, std::string> found;
    while (det.run_steps(1) == 1) {
      const auto now = v.get("k");
      found.try_emplace(now->ver, now->value.text());
    }
    BOOST_TEST(seen(v, "k") == newer);
    BOOST_TEST(found[second->ver] == newer);
    if (found.contains(first->ver)) {
      BOOST_TEST(found[first->ver] == older);
      ++seen_between;
    }
  }
  BOOST_TEST(seen_between > 20);

  // Of what nobody reads nothing is kept.
  (void)put_durable("cold", "one");
  (void)put_durable("cold", "two");
  BOOST_TEST(status().cache_entries == 1U);
  auto gone = remove("k", durability::durable);
  run();
  BOOST_TEST(status().cache_entries == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_a_reader_has_read_is_at_hand_for_the_registry, viewing) {
  (void)put_durable("k", pattern(100'000));
  const auto reads = rig->count(device_call::read);
  for (int i = 0; i < 5; ++i) {
    auto whole = get("k");
    auto part = get("k", 5000, 100);
    run();
    BOOST_TEST((whole->value.text() == pattern(100'000)));
    BOOST_TEST(part->value.text() == pattern(100'000).substr(5000, 100));
  }
  // Both of the first two were on their way together.
  BOOST_TEST(rig->count(device_call::read) == reads + 2);
  const auto s = status();
  BOOST_TEST(s.cache_hits == 8U);
  BOOST_TEST(s.cache_misses == 2U);
  BOOST_TEST(s.cache_entries == 1U);
  BOOST_TEST(s.cache_bytes > 100'000U);
}

BOOST_FIXTURE_TEST_CASE(without_a_cache_each_read_is_one_of_the_disk, store_fixture) {
  options.cache_bytes = 0;
  open();
  (void)put_durable("k", pattern(100'000));
  const auto v = view();
  const auto reads = rig->count(device_call::read);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((seen(v, "k") == pattern(100'000)));
    BOOST_TEST((value_of("k") == pattern(100'000)));
  }
  BOOST_TEST(rig->count(device_call::read) == reads + 6);
  const auto s = status();
  BOOST_TEST(s.cache_hits + s.cache_misses + s.cache_entries + s.cache_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_overwritten_value_is_never_found_in_the_cache, viewing) {
  const auto v = view();
  // The disk has few blocks, so that the same places are used again and again.
  for (unsigned i = 0; i < 100; ++i) {
    (void)put_durable("k", pattern(300'000, i));
    BOOST_TEST((seen(v, "k") == pattern(300'000, i)));
    BOOST_TEST((value_of("k") == pattern(300'000, i)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_read_whose_place_is_given_away_meanwhile_has_the_newest_value, viewing) {
  const auto v = view();
  (void)put_durable("k", pattern(300'000, 1));
  const auto place = last_value_write();
  unsigned last = 1;
  rig->meanwhile(device_call::read, [&] {
    // Until the place is another's: nothing is pinned for a view.
    do {
      (void)put_durable("k", pattern(300'000, ++last));
    } while (!last_value_write().overlaps(place) && last < 100);
    (void)put_durable("k", pattern(300'000, ++last));
  });
  const auto got = seen(v, "k");
  BOOST_REQUIRE(last < 100U);
  BOOST_TEST((got == pattern(300'000, last)));
  BOOST_TEST(status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_compaction_moves_is_the_same, viewing) {
  const auto v = view();
  for (unsigned i = 0; i < 60; ++i) (void)put_durable("k" + std::to_string(i), pattern(300'000, i));
  for (unsigned i = 0; i < 60; ++i)
    if (i % 4 != 3) (void)remove("k" + std::to_string(i), durability::accepted);
  run();
  advance(50ms);
  const auto before = v.stat("k59").value();
  // Half of them are in the cache, as they lie before.
  for (unsigned i = 3; i < 30; i += 4)
    BOOST_TEST((seen(v, "k" + std::to_string(i)) == pattern(300'000, i)));
  BOOST_TEST(compact().blocks_moved > 0U);
  for (unsigned i = 3; i < 60; i += 4)
    BOOST_TEST((seen(v, "k" + std::to_string(i)) == pattern(300'000, i)));
  BOOST_TEST((v.stat("k59").value() == before));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_block_is_named_with_its_place_and_counted, viewing) {
  (void)put_durable("good", pattern(100'000, 1));
  (void)put_durable("bad", pattern(100'000, 2));
  const auto where = last_value_write();
  rig->flip_byte(where.offset + 777);
  const auto v = view();
  for (int again = 0; again < 2; ++again) {
    const auto got = v.get("bad");
    BOOST_REQUIRE(!got.ok());
    BOOST_TEST((got.error().code == errc::corrupt_block));
    BOOST_TEST(got.error().name == "bad");
    BOOST_TEST(got.error().offset.value_or(0) == where.offset);
  }
  BOOST_TEST(v.stat("bad").ok());
  BOOST_TEST((seen(v, "good") == pattern(100'000, 1)));
  rig->fail_next(device_call::read, EIO);
  BOOST_TEST(seen(v, "bad") == "!io_error");
  // Told a second after the view was given.
  advance(1s);
  caf::telemetry::collector::prometheus collector;
  const auto page = collector.collect_from(det.system().metrics());
  const exported_metrics m{std::string{page.data(), page.size()}};
  BOOST_TEST(m["stowage_read_failures_total{error=\"corrupt_block\"}"] == 2.0);
  BOOST_TEST(m["stowage_read_failures_total{error=\"io_error\"}"] == 1.0);
  BOOST_TEST(m["stowage_read_bytes_total"] == 100'000.0);
  BOOST_TEST(m["stowage_view_reads_total"] >= 5.0);
  BOOST_TEST(m["stowage_cache_entries"] == 1.0);
}

BOOST_FIXTURE_TEST_CASE(after_close_every_read_is_answered_closed, viewing) {
  (void)put_durable("k", "v");
  const auto v = view();
  BOOST_TEST(seen(v, "k") == "v");
  auto closed = ask_close();
  auto late = ask_view();
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(late.code() == errc::closed);
  auto later = ask_view();
  run();
  BOOST_TEST(later.code() == errc::closed);
  for (const auto* name : {"k", "never"}) {
    BOOST_TEST(seen(v, name) == "!closed");
    BOOST_TEST((v.exists(name).error().code == errc::closed));
    BOOST_TEST((v.stat(name).error().code == errc::closed));
  }
  BOOST_TEST((v.list({}).error().code == errc::closed));
  const read_view none;
  BOOST_TEST(seen(none, "k") == "!closed");
  BOOST_TEST((none.exists("k").error().code == errc::closed));
  BOOST_TEST((none.list({}).error().code == errc::closed));
}

BOOST_FIXTURE_TEST_CASE(what_becomes_durable_while_it_closes_opens_nothing_again, viewing) {
  (void)put_durable("k", "v");
  const auto v = view();
  auto pending = put_accepted("k", "later");
  auto closed = ask_close();
  bool has_begun = false;
  while (det.run_steps(1) > 0) {
    const bool is_closed = seen(v, "k") == "!closed";
    BOOST_TEST((is_closed || !has_begun));
    has_begun = has_begun || is_closed;
  }
  BOOST_TEST(has_begun);
  BOOST_TEST(pending.code() == errc::none);
  BOOST_TEST(closed.code() == errc::none);
}

BOOST_AUTO_TEST_CASE(a_view_may_outlive_the_store_and_its_actor_system) {
  read_view v;
  {
    store_fixture f;
    f.open();
    (void)f.put_durable("k", "v");
    v = f.view();
    BOOST_TEST(seen(v, "k") == "v");
    f.close();
  }
  BOOST_TEST(seen(v, "k") == "!closed");
}

BOOST_AUTO_TEST_CASE(a_view_of_a_store_whose_actors_were_ended_is_closed) {
  read_view v;
  {
    store_fixture f;
    f.open();
    (void)f.put_durable("k", "v");
    v = f.view();
    f.crash();
    BOOST_TEST(seen(v, "k") == "!closed");
  }
  BOOST_TEST(seen(v, "k") == "!closed");
}

BOOST_FIXTURE_TEST_CASE(of_a_poisoned_store_what_is_durable_is_read_on, viewing) {
  (void)put_durable("k", "durable");
  (void)put_durable("l", pattern(100'000));
  const auto v = view();
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("k", "lost", durability::durable);
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  BOOST_TEST(status().state == "poisoned");
  BOOST_TEST(seen(v, "k") == "durable");
  BOOST_TEST((seen(v, "l") == pattern(100'000)));
  BOOST_TEST(seen(view(), "k") == "durable");
  auto closed = ask_close();
  run();
  BOOST_TEST(closed.code() == errc::io_error);
  BOOST_TEST(seen(v, "k") == "!closed");
}

BOOST_AUTO_TEST_SUITE_END()
