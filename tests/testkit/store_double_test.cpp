// The double: answers as the store does, remembers what it was asked, and does what the test says.
#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/store_double.hpp>
#include <stowage/testkit/store_fixture.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::testkit;
using namespace std::chrono_literals;

namespace {

struct doubled : actor_fixture {
  template <class Request>
  answer<answer_of<Request>> ask_it(Request request) {
    return ask<answer_of<Request>>(store.handle(), std::move(request));
  }
  /// Asked and run.
  template <class Request>
  result<answer_of<Request>> now(Request request) {
    auto asked = ask_it(std::move(request));
    run();
    return asked.get();
  }
  put_request put(std::string name, std::string value) {
    return {std::move(name), payload{std::move(value)}, {}, {}};
  }

  store_double store{*this};
};

std::string show(const failure& why) {
  return std::string{name_of(why.code)} + " " + why.name + " " +
         std::to_string(why.expected.value) + " " + std::to_string(why.actual.value);
}
std::string show(const receipt& r) {
  return std::to_string(r.ver.value) + " " + to_string(r.reached);
}
std::string show(const block_value& b) {
  return std::to_string(b.ver.value) + " " + std::string{b.value.text()} + " " +
         std::to_string(b.expires_at_ms);
}
std::string show(const put_many_result& r) {
  std::string text = to_string(r.reached);
  for (const auto v : r.versions) text += " " + std::to_string(v.value);
  for (const auto& f : r.failures) text += " " + std::to_string(f.at) + ": " + show(f.why);
  return text;
}
std::string show(const commit_receipt& r) {
  std::string text = to_string(r.reached);
  for (const auto v : r.versions) text += " " + std::to_string(v.value);
  return text;
}
std::string show(bool b) { return b ? "true" : "false"; }
std::string show(const block_stat& b) {
  return b.name + " " + std::to_string(b.ver.value) + " " + std::to_string(b.size) + " " +
         std::to_string(b.expires_at_ms);
}
std::string show(const block_list& l) {
  std::string text = show(l.more);
  for (const auto& b : l.blocks) text += ", " + show(b);
  return text;
}

/// The same request to the store and to its double, in two systems with the same clock.
struct side_by_side {
  template <class Request>
  void compare(const Request& request) {
    using answer = answer_of<Request>;
    auto real = store.ask<answer>(store.store(), request);
    auto played = as_if.ask<answer>(as_if.store.handle(), request);
    store.run();
    as_if.run();
    // What has nothing to write is durable together with what was accepted before it.
    if (!real.arrived()) {
      store.advance(50ms);
      as_if.advance(50ms);
    }
    const auto text = [](const result<answer>& r) { return r ? show(*r) : show(r.error()); };
    BOOST_TEST(text(real.get()) == text(played.get()));
  }
  std::uint64_t below(std::uint64_t n) { return random() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string name() {
    if (one_in(40)) return one_in(2) ? std::string{} : std::string(1025, 'n');
    return std::string(1, static_cast<char>('a' + below(3))) + std::to_string(below(3));
  }
  payload value() { return payload{std::string(below(20), static_cast<char>('a' + below(26)))}; }
  std::optional<durability> level() {
    if (one_in(2)) return std::nullopt;
    return one_in(2) ? durability::accepted : durability::durable;
  }
  std::optional<version> expected() {
    if (!one_in(3)) return std::nullopt;
    return version{one_in(3) ? 0 : last_of_double() - std::min(last_of_double(), below(6))};
  }
  std::uint64_t expiry() { return one_in(8) ? store.wall_ms() + 3'600'000 : 0; }
  std::uint64_t last_of_double() { return as_if.store.blocks().last_version().value; }

  void compare_something() {
    switch (below(10)) {
      case 0: return compare(get_request{name(), below(12), one_in(2) ? below(30) : UINT64_MAX});
      case 1: return compare(delete_request{name(), level(), expected()});
      case 2: {
        put_many_request many;
        for (auto n = below(5); n > 0; --n)
          many.writes.push_back({name(), value(), one_in(3), expected(), expiry()});
        many.level = level();
        return compare(many);
      }
      case 3: {
        commit_request whole;
        for (auto n = below(4); n > 0; --n)
          one_in(3) ? whole.what.remove(name()) : whole.what.put(name(), value(), expiry());
        if (one_in(2)) whole.what.expect(name(), expected().value_or(version{}));
        whole.level = level();
        return compare(whole);
      }
      case 4: return compare(exists_request{name()});
      case 5: return compare(stat_request{name()});
      case 6:
        return compare(list_request{
            one_in(2) ? "" : std::string(1, static_cast<char>('a' + below(3))),
            one_in(2) ? "" : name(), static_cast<std::uint32_t>(one_in(10) ? 0 : 1 + below(6))});
      case 7:
        if (one_in(10)) return compare(clear_request{level()});
        [[fallthrough]];
      default: {
        put_request put{name(), value(), level(), expected()};
        put.expires_at_ms = expiry();
        return compare(put);
      }
    }
  }

  testkit::store_fixture store;
  doubled as_if;
  std::mt19937_64 random{7};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_doubles)

BOOST_FIXTURE_TEST_CASE(it_answers_as_a_store_does, side_by_side) {
  for (int i = 0; i < 1500; ++i) compare_something();
  compare(list_request{});
}

BOOST_FIXTURE_TEST_CASE(what_expires_is_absent, doubled) {
  auto brief = put("k", "v");
  brief.expires_at_ms = wall_ms() + 1000;
  BOOST_TEST(now(brief).ok());
  BOOST_TEST(now(stat_request{"k"})->expires_at_ms == brief.expires_at_ms);
  advance(999ms);
  BOOST_TEST(*now(exists_request{"k"}));
  advance(1ms);
  BOOST_TEST(!*now(exists_request{"k"}));
  BOOST_TEST(now(list_request{})->blocks.empty());
}

BOOST_FIXTURE_TEST_CASE(it_remembers_what_it_was_asked, doubled) {
  BOOST_TEST(store.asked().empty());
  (void)now(put("a", "1"));
  (void)now(get_request{"a", 1, 2});
  (void)now(flush_request{});
  (void)now(put("b", "2"));
  const std::vector<std::string> all{"put a", "get a", "flush", "put b"};
  BOOST_TEST(store.asked() == all);
  BOOST_REQUIRE(store.requests<put_request>().size() == 2U);
  BOOST_TEST(store.requests<put_request>()[1].value.text() == "2");
  BOOST_TEST(store.requests<get_request>()[0].offset == 1U);
  BOOST_TEST(store.requests<delete_request>().empty());
}

BOOST_FIXTURE_TEST_CASE(each_request_is_remembered_in_words, doubled) {
  commit_request whole;
  whole.what.put("a", payload{std::string{"1"}});
  (void)now(whole);
  (void)now(put_many_request{{{"b", payload{std::string{"2"}}, false, {}, 0}}, {}});
  (void)now(delete_request{"b", {}, {}});
  (void)now(clear_request{});
  (void)now(exists_request{"a"});
  (void)now(stat_request{"a"});
  (void)now(list_request{"p", {}, 10});
  (void)now(status_request{});
  (void)now(checkpoint_request{});
  (void)now(compact_request{});
  (void)now(verify_request{});
  (void)now(backup_request{"copy"});
  (void)now(watch_request{"w"});
  (void)now(next_changes_request{7, {}});
  (void)now(unwatch_request{7});
  (void)now(close_request{});
  const std::vector<std::string> all{"commit of 1", "put_many of 1", "delete b", "clear",
                                     "exists a",    "stat a",        "list p",   "status",
                                     "checkpoint",  "compact",       "verify",   "backup copy",
                                     "watch w",     "next_changes",  "unwatch",  "close"};
  BOOST_TEST(store.asked() == all);
}

BOOST_FIXTURE_TEST_CASE(the_next_request_fails_as_the_test_says_and_changes_nothing, doubled) {
  store.fail_next<put_request>(errc::overloaded);
  auto conflict = fail(errc::conflict);
  conflict.actual = version{9};
  store.fail_next<put_request>(conflict);
  auto got = now(get_request{"k"});
  BOOST_TEST(got.error().code == errc::not_found);
  BOOST_TEST(now(put("k", "1")).error().code == errc::overloaded);
  BOOST_TEST(now(put("k", "2")).error().actual == version{9});
  BOOST_TEST(store.blocks().blocks().empty());
  BOOST_TEST(now(put("k", "3"))->ver == version{1});
}

BOOST_FIXTURE_TEST_CASE(the_next_request_is_answered_as_the_test_says, doubled) {
  store.answer_next<get_request>({payload{std::string{"made up"}}, version{5}, 0});
  BOOST_TEST(now(get_request{"k"})->value.text() == "made up");
  BOOST_TEST(now(get_request{"k"}).error().code == errc::not_found);
}

BOOST_FIXTURE_TEST_CASE(an_answer_comes_when_the_test_says, doubled) {
  store.delay_next<put_request>(20ms);
  store.fail_next<put_request>(errc::io_error, 10ms);
  auto slow = ask_it(put("a", "1"));
  auto failed = ask_it(put("b", "2"));
  auto quick = ask_it(put("c", "3"));
  run();
  BOOST_TEST(!slow.arrived());
  BOOST_TEST(!failed.arrived());
  BOOST_TEST(quick.arrived());
  // It is there already, as what a store accepts.
  BOOST_TEST(*now(exists_request{"a"}));
  advance(10ms);
  BOOST_TEST(failed.code() == errc::io_error);
  BOOST_TEST(!slow.arrived());
  advance(10ms);
  BOOST_TEST(slow->ver == version{1});
}

BOOST_FIXTURE_TEST_CASE(who_watches_is_told_by_prefix, doubled) {
  store.blocks().set("a1", "before");
  const auto started = now(watch_request{"a"});
  BOOST_REQUIRE(started.ok());
  BOOST_TEST(started->from == version{1});
  auto next = ask_it(next_changes_request{started->watch, started->from});
  (void)now(put("b", "1"));
  BOOST_TEST(!next.arrived());
  (void)now(put("a1", "2"));
  BOOST_REQUIRE(next.arrived());
  const std::vector<block_change> put_it{{"a1", change_kind::put, version{3}}};
  BOOST_TEST((next->changes == put_it));
  BOOST_TEST(next->through == version{3});
  (void)now(delete_request{"a1", {}, {}});
  (void)now(clear_request{});
  const auto both = now(next_changes_request{started->watch, next->through});
  const std::vector<block_change> gone{{"a1", change_kind::deleted, version{4}},
                                       {"", change_kind::cleared, version{5}}};
  BOOST_TEST((both->changes == gone));

  auto given_up = ask_it(next_changes_request{started->watch, both->through});
  auto waits = ask_it(next_changes_request{started->watch, both->through});
  run();
  BOOST_TEST(given_up->changes.empty());
  BOOST_TEST(!waits.arrived());
  BOOST_TEST(now(status_request{})->watches == 1U);
  BOOST_TEST(now(unwatch_request{started->watch}).ok());
  BOOST_TEST(waits.code() == errc::closed);
  BOOST_TEST(now(next_changes_request{started->watch, {}}).error().code == errc::invalid_argument);
  BOOST_TEST(now(unwatch_request{started->watch}).error().code == errc::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(it_has_a_status_and_cannot_be_copied, doubled) {
  (void)now(put("k", "four"));
  const auto s = now(status_request{});
  BOOST_TEST(s->state == "open");
  BOOST_TEST(s->blocks == 1U);
  BOOST_TEST(s->value_bytes == 4U);
  BOOST_TEST(s->durable_version == version{1});
  BOOST_TEST(now(verify_request{})->blocks == 1U);
  BOOST_TEST(now(compact_request{}).ok());
  BOOST_TEST(now(checkpoint_request{}).ok());
  BOOST_TEST(now(backup_request{"copy"}).error().code == errc::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(after_a_close_it_is_gone, doubled) {
  const auto watch = now(watch_request{""});
  auto waits = ask_it(next_changes_request{watch->watch, {}});
  run();
  BOOST_TEST(now(close_request{}).ok());
  BOOST_TEST(waits.code() == errc::closed);
  BOOST_TEST(now(get_request{"k"}).error().code == errc::closed);
  BOOST_TEST(end_of(store.handle()).has_value());
}

BOOST_AUTO_TEST_CASE(what_the_test_said_and_nobody_asked_is_complained_of) {
  std::vector<std::string> heard;
  auto before = set_complaint_handler([&](const std::string& what) { heard.push_back(what); });
  {
    actor_fixture f;
    store_double store{f};
    store.fail_next<put_request>(errc::no_space);
    store.delay_next<flush_request>(1ms);
  }
  (void)set_complaint_handler(std::move(before));
  BOOST_REQUIRE(heard.size() == 2U);
  BOOST_TEST(heard[0].find("1 times \"put") != std::string::npos);
  BOOST_TEST(heard[1].find("1 times \"flush") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
