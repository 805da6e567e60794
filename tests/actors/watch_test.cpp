// Watches of a whole store: told when it is durable, in order, once, and never more than that.
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/actors/watching_actor.hpp>

#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

using lines = std::vector<std::string>;

struct watched_store : store_fixture {
  watched_store() { open(); }

  void flush_all() {
    auto flushed = flush();
    run();
    BOOST_TEST(flushed.code() == errc::none);
  }
  /// Puts so many blocks, each by itself, and makes them durable.
  version put_many_names(std::size_t count, const std::string& prefix = "n") {
    version last;
    for (std::size_t i = 0; i < count; ++i) last = put_durable(prefix + std::to_string(i));
    return last;
  }
};

std::string line(const std::string& kind, const std::string& name, version ver) {
  return kind + " " + name + " " + std::to_string(ver.value);
}

std::string show(const lines& all) {
  std::string out;
  for (const auto& l : all) out += l + "; ";
  return out;
}

std::string show(std::initializer_list<std::string> all) { return show(lines{all}); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(watches, watched_store)

// -- what is told, and when -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_accepted_is_not_told_before_it_is_durable) {
  options.batch.max_delay = 1h;
  close();
  open();
  watch_reader watch{*this};
  BOOST_TEST(show(watch.news()) == "");
  auto done = put_accepted("k");
  BOOST_TEST(show(watch.news()) == "");
  BOOST_TEST((done->reached == durability::accepted));
  BOOST_TEST(value_of("k") == "v");
  advance(59min);
  BOOST_TEST(show(watch.news()) == "");
  flush_all();
  BOOST_TEST(show(watch.news()) == show({line("put", "k", done->ver)}));
  BOOST_TEST(show(watch.news()) == "");
}

BOOST_AUTO_TEST_CASE(it_is_told_no_sooner_than_the_sync_is_over) {
  watch_reader watch{*this};
  BOOST_TEST(show(watch.news()) == "");
  std::string meanwhile = "?";
  rig->meanwhile(device_call::sync, [&] { meanwhile = show(watch.news()); });
  const auto ver = put_durable("k");
  BOOST_TEST(meanwhile == "");
  BOOST_TEST(show(watch.news()) == show({line("put", "k", ver)}));
}

BOOST_AUTO_TEST_CASE(a_watch_begins_with_what_becomes_durable_after_it) {
  const auto before = put_durable("before");
  auto under_way = put_accepted("under way");
  watch_reader watch{*this};
  BOOST_TEST((watch.from() == before));
  flush_all();
  const auto after = put_durable("after");
  BOOST_TEST(show(watch.news()) ==
             show({line("put", "under way", under_way->ver), line("put", "after", after)}));
}

BOOST_AUTO_TEST_CASE(puts_and_deletes_in_the_order_of_their_versions) {
  watch_reader watch{*this};
  auto b = put_accepted("b");
  auto a = put_accepted("a");
  auto z = put_accepted("z");
  flush_all();
  auto gone = remove("a", durability::accepted);
  auto again = put_accepted("b", "w");
  flush_all();
  BOOST_TEST(show(watch.news()) ==
             show({line("put", "b", b->ver), line("put", "a", a->ver), line("put", "z", z->ver),
                   line("deleted", "a", gone->ver), line("put", "b", again->ver)}));
}

BOOST_AUTO_TEST_CASE(of_writes_of_one_name_in_one_group_the_last_is_told) {
  watch_reader watch{*this};
  (void)put_accepted("k", "1");
  auto other = put_accepted("other");
  auto last = put_accepted("k", "3");
  (void)put_accepted("gone");
  auto gone = remove("gone", durability::accepted);
  flush_all();
  BOOST_TEST(show(watch.news()) ==
             show({line("put", "other", other->ver), line("put", "k", last->ver),
                   line("deleted", "gone", gone->ver)}));
}

BOOST_AUTO_TEST_CASE(a_transaction_is_told_whole) {
  (void)put_durable("b");
  watch_reader watch{*this};
  transaction t;
  t.put("c", payload{std::string{"v"}}).remove("b").put("a", payload{std::string{"v"}});
  auto done = commit(std::move(t), durability::durable);
  run();
  const auto& v = done->versions;
  const auto expected =
      show({line("put", "c", v[0]), line("deleted", "b", v[1]), line("put", "a", v[2])});
  BOOST_TEST(show(watch.news()) == expected);
}

BOOST_AUTO_TEST_CASE(put_many_is_told_as_single_writes_are) {
  watch_reader watch{*this, "y"};
  std::vector<single_write> writes(3);
  writes[0].name = "y1";
  writes[1].name = "x";
  writes[2].name = "y2";
  auto done = put_many(std::move(writes), durability::durable);
  run();
  BOOST_TEST(show(watch.news()) ==
             show({line("put", "y1", done->versions[0]), line("put", "y2", done->versions[2])}));
}

BOOST_AUTO_TEST_CASE(a_clear_is_one_change_for_everybody) {
  (void)put_durable("a");
  (void)put_durable("b");
  watch_reader all{*this};
  watch_reader some{*this, "zzz"};
  auto cleared = clear(durability::durable);
  run();
  const auto expected = show({line("cleared", "", cleared->ver)});
  BOOST_TEST(show(all.news()) == expected);
  BOOST_TEST(show(some.news()) == expected);
}

BOOST_AUTO_TEST_CASE(two_watches_of_different_prefixes) {
  watch_reader a{*this, "a"};
  watch_reader b{*this, "b"};
  const auto in_a = put_durable("a/1");
  const auto in_b = put_durable("b/1");
  (void)put_durable("c/1");
  BOOST_TEST(show(a.news()) == show({line("put", "a/1", in_a)}));
  BOOST_TEST(show(b.news()) == show({line("put", "b/1", in_b)}));
  BOOST_TEST(status().watches == 2U);
}

BOOST_AUTO_TEST_CASE(what_expires_is_told_as_that_when_it_is_removed) {
  (void)put_durable_for(1s, "k");
  (void)put_durable_for(1s, "l");
  const auto stays = put_durable("stays");
  watch_reader watch{*this};
  BOOST_TEST((watch.from() == stays));
  advance(1s);
  // Nobody sees it any more, but it is not durable that it is gone.
  BOOST_TEST(value_of("k") == "-");
  BOOST_TEST(show(watch.news()) == "");
  advance(50ms);
  const version first{stays.value + 1};
  BOOST_TEST(show(watch.news()) ==
             show({line("expired", "k", first), line("expired", "l", first.next())}));
  // A delete is one, also right after a removal.
  auto gone = remove("stays", durability::durable);
  run();
  BOOST_TEST(show(watch.news()) == show({line("deleted", "stays", gone->ver)}));
}

BOOST_AUTO_TEST_CASE(deletes_in_the_group_of_a_removal_are_deletes) {
  (void)put_durable("before");
  (void)put_durable("after");
  const auto last = put_durable_for(1s, "k");
  watch_reader watch{*this};
  wall += 1s;
  auto before = remove("before", durability::accepted);
  run();
  advance(1s);
  auto after = remove("after", durability::accepted);
  flush_all();
  advance(1s);
  const auto told = watch.news();
  BOOST_TEST(show(told).find(line("deleted", "before", before->ver)) != std::string::npos);
  BOOST_TEST(show(told).find("expired k ") != std::string::npos);
  BOOST_TEST(show(told).find(line("deleted", "after", after->ver)) != std::string::npos);
  BOOST_TEST(told.size() == 3U);
  BOOST_TEST((last < before->ver));
}

BOOST_AUTO_TEST_CASE(compaction_changes_nothing) {
  for (int i = 0; i < 300; ++i) (void)put_accepted("k" + std::to_string(i), pattern(20'000));
  flush_all();
  for (int i = 0; i < 300; ++i)
    if (i % 10 != 0) (void)remove("k" + std::to_string(i), durability::accepted);
  flush_all();
  watch_reader watch{*this};
  const auto done = compact();
  BOOST_TEST(done.blocks_moved > 0U);
  BOOST_TEST(show(watch.news()) == "");
  const auto ver = put_durable("k0", "new");
  BOOST_TEST(show(watch.news()) == show({line("put", "k0", ver)}));
}

// -- flow -------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_question_is_answered_at_once_if_there_is_something) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  const auto last = put_many_names(3);
  auto told = actor.next(started->watch, started->from);
  run();
  BOOST_TEST(told->changes.size() == 3U);
  BOOST_TEST((told->through == last));
  BOOST_TEST(!told->gap.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_lost_is_given_again) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  const auto first = put_durable("a");
  { auto lost = actor.next(started->watch, started->from); }
  run();
  const auto second = put_durable("b");
  auto again = actor.next(started->watch, started->from);
  run();
  BOOST_TEST(again->changes.size() == 1U);
  BOOST_TEST((again->through == first));
  auto next = actor.next(started->watch, again->through);
  run();
  BOOST_TEST(next->changes.size() == 1U);
  BOOST_TEST((next->through == second));
}

BOOST_AUTO_TEST_CASE(a_second_question_ends_the_first) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  auto first = actor.next(started->watch, started->from);
  run();
  BOOST_TEST(!first.arrived());
  auto second = actor.next(started->watch, started->from);
  run();
  BOOST_TEST(first->changes.empty());
  BOOST_TEST((first->through == started->from));
  BOOST_TEST(!second.arrived());
  const auto ver = put_durable("k");
  BOOST_TEST((second->through == ver));
}

BOOST_AUTO_TEST_CASE(who_is_slow_finds_one_gap_and_goes_on) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  const auto first = put_durable("first");
  const auto forgotten = put_many_names(5, "forgotten").value;
  const auto last = put_many_names(watched_changes_max, "kept");
  BOOST_TEST(status().watch_gaps == 1U);
  auto told = actor.next(started->watch, started->from);
  run();
  BOOST_TEST_REQUIRE(told->gap.has_value());
  BOOST_TEST((told->gap->from == first));
  BOOST_TEST(told->gap->to.value == forgotten);
  BOOST_TEST(told->changes.size() == watched_changes_max);
  BOOST_TEST(told->changes.front().name == "kept0");
  BOOST_TEST((told->through == last));
  const auto ver = put_durable("later");
  auto later = actor.next(started->watch, told->through);
  run();
  BOOST_TEST(!later->gap.has_value());
  BOOST_TEST_REQUIRE(later->changes.size() == 1U);
  BOOST_TEST((later->changes.front() == block_change{"later", change_kind::put, ver}));
  BOOST_TEST(status().watch_gaps == 1U);
}

// -- whose it is ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_watch_ends_with_its_actor) {
  watching_actor owner{*this};
  watching_actor other{*this};
  auto first = owner.watch();
  auto second = owner.watch("b");
  auto others = other.watch();
  run();
  auto waits = owner.next(first->watch, first->from);
  run();
  BOOST_TEST(status().watches == 3U);
  owner.end();
  BOOST_TEST(status().watches == 1U);
  // Nobody else's is touched.
  const auto ver = put_durable("k");
  auto told = other.next(others->watch, others->from);
  run();
  BOOST_TEST((told->through == ver));
  for (const auto gone : {first->watch, second->watch}) {
    auto asked = other.next(gone, version{});
    run();
    BOOST_TEST(asked.code() == errc::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(a_watch_can_be_ended_and_begun_again) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  auto waits = actor.next(started->watch, started->from);
  run();
  auto ended = actor.unwatch(started->watch);
  run();
  BOOST_TEST(ended.code() == errc::none);
  BOOST_TEST(waits.code() == errc::closed);
  BOOST_TEST(status().watches == 0U);
  ended = actor.unwatch(started->watch);
  run();
  BOOST_TEST(ended.code() == errc::invalid_argument);
  (void)put_durable("k");
  started = actor.watch();
  run();
  BOOST_TEST(status().watches == 1U);
  // Its owner is known of again.
  actor.end();
  BOOST_TEST(status().watches == 0U);
}

BOOST_AUTO_TEST_CASE(an_actor_that_gave_up_one_watch_still_owns_the_other) {
  watching_actor actor{*this};
  auto first = actor.watch();
  auto second = actor.watch();
  run();
  auto ended = actor.unwatch(first->watch);
  run();
  BOOST_TEST(ended.code() == errc::none);
  actor.end();
  BOOST_TEST(status().watches == 0U);
}

BOOST_AUTO_TEST_CASE(a_watch_of_nobody_is_refused) {
  compat::anon_send(store, watch_request{});
  run();
  BOOST_TEST(status().watches == 0U);
}

BOOST_AUTO_TEST_CASE(watches_and_their_prefixes_are_bounded) {
  watching_actor actor{*this};
  for (std::size_t i = 0; i < watches_max; ++i) {
    auto started = actor.watch();
    run();
    BOOST_TEST_REQUIRE(started.code() == errc::none);
  }
  auto one_more = actor.watch();
  run();
  BOOST_TEST(one_more.code() == errc::limit_exceeded);
  BOOST_TEST(status().watches == watches_max);
  actor.end();
  watching_actor next{*this};
  auto longest = next.watch(std::string(limits::name_bytes_max, 'p'));
  auto too_long = next.watch(std::string(limits::name_bytes_max + 1, 'p'));
  run();
  BOOST_TEST(longest.code() == errc::none);
  BOOST_TEST(too_long.code() == errc::limit_exceeded);
}

// -- the end ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_close_tells_the_last_of_it_and_ends_the_watch) {
  watch_reader watch{*this};
  BOOST_TEST(show(watch.news()) == "");
  auto last = put_accepted("last");
  auto closed = ask_close();
  const auto told = show(watch.news());
  BOOST_TEST(told == show({line("put", "last", last->ver)}));
  BOOST_TEST(watch.ended_with() == errc::closed);
  BOOST_TEST(closed.code() == errc::none);
  drop();
}

BOOST_AUTO_TEST_CASE(a_store_that_closes_begins_no_watch) {
  watching_actor actor{*this};
  auto closed = ask_close();
  auto late = actor.watch();
  run();
  BOOST_TEST(late.code() == errc::closed);
  BOOST_TEST(closed.code() == errc::none);
  drop();
}

BOOST_AUTO_TEST_CASE(of_a_group_whose_sync_failed_nothing_is_told) {
  watch_reader watch{*this};
  BOOST_TEST(show(watch.news()) == "");
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("lost", "v", durability::durable);
  BOOST_TEST(show(watch.news()) == "");
  BOOST_TEST(lost.code() == errc::io_error);
  BOOST_TEST(watch.ended_with() == errc::poisoned);
  auto late = watch.actor().watch();
  run();
  BOOST_TEST(late.code() == errc::poisoned);
}

BOOST_AUTO_TEST_CASE(a_failed_store_still_tells_what_was_durable) {
  watching_actor actor{*this};
  auto started = actor.watch();
  run();
  const auto ver = put_durable("k");
  rig->fail_next(device_call::sync, EIO);
  (void)put("lost", "v", durability::durable);
  run();
  auto told = actor.next(started->watch, started->from);
  run();
  BOOST_TEST_REQUIRE(told->changes.size() == 1U);
  BOOST_TEST((told->through == ver));
  auto next = actor.next(started->watch, told->through);
  run();
  BOOST_TEST(next.code() == errc::poisoned);
}

BOOST_AUTO_TEST_SUITE_END()
