// The handle of a store is one like any other of CAF: request, then, await, delegate, response promises, monitors, links.
#include <stowage/tests/hosting/host.hpp>

#include <caf/typed_event_based_actor.hpp>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

struct running : host_files {
  running() : store{opened_in(system, options())} {}
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() {
    if (store) (void)store_client{system, store}.close();
  }

  /// What the actor answers to `what`.
  std::string ask(const caf::actor& who, const std::string& what) {
    std::string out;
    compat::request(self.ptr(), who, what)
        .receive([&](const std::string& answer) { out = answer; },
                 [&](const caf::error& why) { out = "error: " + describe(to_failure(why)); });
    return out;
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  store_actor store;
};

// Has the store answer in its place.
caf::behavior delegating(caf::event_based_actor* self, const store_actor& store) {
  return {[self, store](put_request& what) -> caf::result<receipt> {
    return compat::delegate(self, store, std::move(what));
  }};
}

// Answers when the store has, by a promise that takes what came as it came.
caf::behavior promising(caf::event_based_actor* self, const store_actor& store) {
  return {[self, store](const std::string& name) {
    auto promise = self->make_response_promise<std::string>();
    compat::request(self, store, get_request{name})
        .then(
            [promise](const block_value& found) mutable {
              promise.deliver(caf::expected<std::string>{std::string{found.value.text()}});
            },
            [promise](const caf::error& why) mutable {
              promise.deliver(caf::expected<std::string>{why});
            });
    return promise;
  }};
}

// Takes nothing else until the store has answered.
caf::behavior awaiting(caf::event_based_actor* self, const store_actor& store) {
  const auto count = std::make_shared<int>(0);
  return {[self, store, count](const std::string& name) {
    auto promise = self->make_response_promise<std::string>();
    compat::request(self, store, get_request{name})
        .await(
            [self, store, count, name, promise](const block_value& found) mutable {
              // Nobody wrote in between: those who ask wait in the mailbox.
              compat::request(
                  self, store,
                  put_request{name, text(std::string{found.value.text()} + "x"), {}, found.ver})
                  .await(
                      [count, promise](const receipt&) mutable {
                        promise.deliver("put " + std::to_string(++*count));
                      },
                      [promise](const caf::error& why) mutable { promise.deliver(why); });
            },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }};
}

// Tells of the end of the store.
caf::behavior monitoring(caf::event_based_actor* self, const store_actor& store,
                         std::shared_ptr<std::promise<caf::error>> ended) {
  compat::monitor_all(self, {{"store", caf::actor_cast<caf::actor>(store)}},
                      [self, ended](const std::string&, const caf::error& why) {
                        ended->set_value(why);
                        self->quit();
                      });
  return {[](const std::string& what) { return what; }};
}

caf::behavior linked(caf::event_based_actor* self, const store_actor& store) {
  self->link_to(store);
  return {[](const std::string& what) { return what; }};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(typed_handle)

BOOST_FIXTURE_TEST_CASE(a_request_is_delegated_and_answered_to_who_asked, running) {
  const auto guest = self->spawn(delegating, store);
  bool put = false;
  compat::request(self.ptr(), guest, put_request{"k", text("v"), {}, {}})
      .receive([&](const receipt& r) { put = r.reached == durability::durable; },
               [](const caf::error& why) { BOOST_ERROR(to_string(why)); });
  BOOST_TEST(put);
  // So is an error, with all that it knows.
  failure why;
  compat::request(self.ptr(), guest, put_request{"k", text("v"), {}, version{}})
      .receive([](const receipt&) { BOOST_ERROR("the block is there"); },
               [&](const caf::error& e) { why = to_failure(e); });
  BOOST_TEST((why.code == errc::conflict));
  BOOST_TEST(why.name == "k");
  BOOST_TEST((why.expected == version{} && why.actual != version{}));
}

BOOST_FIXTURE_TEST_CASE(a_promise_takes_what_the_store_answers_as_expected, running) {
  const auto guest = self->spawn(promising, store);
  BOOST_TEST(ask(guest, "k").starts_with("error: no such block"));
  BOOST_REQUIRE(store_client(system, store).put("k", text("v")).ok());
  BOOST_TEST(ask(guest, "k") == "v");
}

BOOST_FIXTURE_TEST_CASE(whoever_awaits_takes_nothing_else_in_between, running) {
  BOOST_REQUIRE(store_client(system, store).put("k", text("")).ok());
  const auto guest = self->spawn(awaiting, store);
  // All at once: with `then` every put but the first would find another version.
  std::vector<std::string> answers;
  constexpr std::size_t requests = 50;
  const auto asked = [&] { return compat::request(self.ptr(), guest, std::string{"k"}); };
  std::vector<decltype(asked())> waiting;
  for (std::size_t i = 0; i < requests; ++i) waiting.push_back(asked());
  for (auto& each : waiting)
    std::move(each).receive([&](const std::string& answer) { answers.push_back(answer); },
                            [](const caf::error& why) { BOOST_ERROR(describe(to_failure(why))); });
  BOOST_REQUIRE(answers.size() == requests);
  BOOST_TEST(answers.back() == "put 50");
  BOOST_TEST((store_client(system, store).get("k")->value.size() == requests));
}

BOOST_FIXTURE_TEST_CASE(a_monitor_tells_of_a_close, running) {
  const auto ended = std::make_shared<std::promise<caf::error>>();
  const auto guest = self->spawn(monitoring, store, ended);
  BOOST_REQUIRE(store_client(system, store).close().ok());
  const auto why = ended->get_future().get();
  BOOST_TEST((!why || why == caf::exit_reason::normal), to_string(why));
}

BOOST_FIXTURE_TEST_CASE(a_monitor_tells_of_an_end_by_force, running) {
  const auto ended = std::make_shared<std::promise<caf::error>>();
  const auto guest = self->spawn(monitoring, store, ended);
  caf::anon_send_exit(store, caf::exit_reason::kill);
  const auto why = ended->get_future().get();
  BOOST_TEST((why == caf::exit_reason::kill), to_string(why));
}

BOOST_FIXTURE_TEST_CASE(a_monitor_that_comes_too_late_is_told_at_once, running) {
  BOOST_REQUIRE(store_client(system, store).close().ok());
  const auto ended = std::make_shared<std::promise<caf::error>>();
  const auto guest = self->spawn(monitoring, store, ended);
  (void)ended->get_future().get();
}

BOOST_FIXTURE_TEST_CASE(who_is_linked_ends_with_a_store_that_is_ended_by_force, running) {
  const auto guest = self->spawn(linked, store);
  BOOST_TEST(ask(guest, "still there") == "still there");
  caf::anon_send_exit(store, caf::exit_reason::kill);
  self->wait_for(guest);
}

BOOST_FIXTURE_TEST_CASE(a_store_ends_with_whom_it_is_linked_to, running) {
  const auto guest = self->spawn(linked, store);
  BOOST_TEST(ask(guest, "still there") == "still there");
  BOOST_REQUIRE(store_client(system, store).put("k", text("v")).ok());
  caf::anon_send_exit(guest, caf::exit_reason::kill);
  self->wait_for(caf::actor_cast<caf::actor>(store));
  BOOST_TEST((code_of(store_client(system, store).get("k")) == errc::closed));
  store = nullptr;
}

BOOST_FIXTURE_TEST_CASE(a_store_that_closes_does_not_take_along_who_is_linked, running) {
  const auto guest = self->spawn(linked, store);
  BOOST_TEST(ask(guest, "there") == "there");
  BOOST_REQUIRE(store_client(system, store).close().ok());
  self->wait_for(caf::actor_cast<caf::actor>(store));
  BOOST_TEST(ask(guest, "still there") == "still there");
  caf::anon_send_exit(guest, caf::exit_reason::user_shutdown);
  self->wait_for(guest);
}

BOOST_AUTO_TEST_SUITE_END()
