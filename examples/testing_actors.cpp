// Testing your own actors: a store, its disk and its clock in the hands of a test. No sleeps, no files.
//
//   testing-actors [options of Boost.Test]
//
// Three actors and what there is to know about each: one that remembers (against a double that notes each request), one
// that tries again (against a double that refuses), one that must survive a crash (against the real store).

#define BOOST_TEST_MODULE testing_actors
#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/store_double.hpp>
#include <stowage/testkit/store_fixture.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace stowage;
using namespace std::chrono_literals;

// -- an actor that remembers: values it has read are answered without asking the store -----------------------

caf::behavior cache(caf::event_based_actor* self, const store_actor& store) {
  auto known = std::make_shared<std::map<std::string, std::string>>();
  return {[=](const std::string& name) -> caf::result<std::string> {
    if (const auto hit = known->find(name); hit != known->end()) return hit->second;
    auto promise = self->make_response_promise<std::string>();
    compat::request(self, store, get_request{name})
        .then(
            [=](const block_value& found) mutable {
              promise.deliver((*known)[name] = found.value.text());
            },
            [=](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }};
}

struct with_a_double : testkit::actor_fixture {
  testkit::store_double store{*this};
};

BOOST_FIXTURE_TEST_CASE(the_cache_asks_the_store_once, with_a_double) {
  store.blocks().set("ann", "signed in");
  const auto sessions = spawn(cache, store.handle());
  for (int i = 0; i < 3; ++i) {
    auto found = ask<std::string>(sessions, std::string{"ann"});
    run();
    BOOST_TEST(*found == "signed in");
  }
  const std::vector<std::string> once{"get ann"};
  BOOST_TEST(store.asked() == once);
}

// -- an actor that tries again: `overloaded` is no answer for its clients ------------------------------------

void try_to_save(caf::event_based_actor* self, const store_actor& store, const put_request& what,
                 caf::typed_response_promise<receipt> promise, std::chrono::milliseconds pause) {
  compat::request(self, store, what)
      .then([promise](const receipt& done) mutable { promise.deliver(done); },
            [=](const caf::error& why) mutable {
              if (why == errc::overloaded)
                self->run_delayed(pause,
                                  [=] { try_to_save(self, store, what, promise, 2 * pause); });
              else
                promise.deliver(why);
            });
}

caf::behavior saver(caf::event_based_actor* self, const store_actor& store) {
  return {[=](const std::string& name, const std::string& value) -> caf::result<receipt> {
    auto promise = self->make_response_promise<receipt>();
    put_request what{name, payload{value}, {}, {}};
    what.wait_for_credit = false;
    try_to_save(self, store, what, promise, 10ms);
    return promise;
  }};
}

BOOST_FIXTURE_TEST_CASE(the_saver_pauses_longer_each_time, with_a_double) {
  const auto saves = spawn(saver, store.handle());
  for (int i = 0; i < 2; ++i) store.fail_next<put_request>(errc::overloaded);
  auto saved = ask<receipt>(saves, std::string{"k"}, std::string{"v"});
  run();
  advance(29ms);  // 10 ms and 20 ms
  BOOST_TEST(!saved.arrived());
  advance(1ms);
  BOOST_TEST(saved->ver == version{1});
  BOOST_TEST(store.requests<put_request>().size() == 3U);
}

// -- an actor that must survive a crash: an order is paid and shipped, or neither ----------------------------

caf::behavior shop(caf::event_based_actor* self, const store_actor& store) {
  return {[=](const std::string& order) -> caf::result<void> {
    auto promise = self->make_response_promise<void>();
    // Two puts would leave paid orders that nobody ships, if the power is lost in between.
    transaction both;
    both.put("paid/" + order, payload{std::string{"yes"}});
    both.put("to-ship/" + order, payload{std::string{"yes"}});
    compat::request(self, store, commit_request{std::move(both), {}})
        .then([promise](const commit_receipt&) mutable { promise.deliver(); },
              [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }};
}

BOOST_FIXTURE_TEST_CASE(no_order_is_half_there_after_a_crash, testkit::store_fixture) {
  std::size_t whole = 0;
  std::size_t crashes = 0;
  for (std::uint64_t calls = 0;; ++calls) {
    const auto name = std::to_string(calls);
    faults().crash_after(calls);
    auto done = ask<void>(spawn(shop, store()), name);
    run();
    const bool has_said_so = done.arrived() && done.code() == errc::none;
    if (!has_crashed()) break;  // it has come so far that there is nothing left to interrupt
    ++crashes;
    reopen();
    BOOST_TEST(value_of("paid/" + name) == value_of("to-ship/" + name));
    if (has_said_so) BOOST_TEST(value_of("paid/" + name) == "yes");
    whole += value_of("paid/" + name) == "yes" ? 1 : 0;
  }
  faults().forget_faults();
  BOOST_TEST_MESSAGE(crashes << " crashes, " << whole << " orders are whole, the others absent");
  BOOST_TEST(crashes > 0U);
}
