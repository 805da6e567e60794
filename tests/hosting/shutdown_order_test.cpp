// A host may end its actors, its stores and its actor system in any order: the system always ends, and what was durable
// is there afterwards.
#include <stowage/tests/hosting/host.hpp>

#include <caf/settings.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(shutdown_order)

BOOST_FIXTURE_TEST_CASE(closed_before_the_system_ends, host_files) {
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_client client{system, opened_in(system, options())};
    BOOST_REQUIRE(client.put("k", text("v"), durability::accepted).ok());
    BOOST_REQUIRE(client.close().ok());
  }
  const auto found = look("k");
  BOOST_TEST(found.value == "v");
  BOOST_TEST(found.report.was_clean);
}

BOOST_FIXTURE_TEST_CASE(closed_by_a_message_that_nobody_waits_for, host_files) {
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    const auto store = opened_in(system, options());
    compat::anon_send(store, put_request{"k", text("v"), durability::accepted, {}});
    compat::anon_send(store, close_request{});
    // The system waits for the store, and the store drains.
  }
  const auto found = look("k");
  BOOST_TEST(found.value == "v");
  BOOST_TEST(found.report.was_clean);
}

BOOST_FIXTURE_TEST_CASE(closed_while_the_system_waits_for_its_actors, host_files) {
  std::thread closer;
  {
    caf::actor_system_config config;
    auto system = std::make_unique<caf::actor_system>(config);
    auto client = std::make_unique<store_client>(*system, opened_in(*system, options()));
    BOOST_REQUIRE(client->put("k", text("v"), durability::accepted).ok());
    // Main has returned; whoever still has a handle closes the store.
    closer = std::thread{[client = std::move(client)]() mutable {
      const bool closed = client->close().ok();
      client.reset();
      if (!closed) std::abort();
    }};
    system.reset();
  }
  closer.join();
  const auto found = look("k");
  BOOST_TEST(found.value == "v");
  BOOST_TEST(found.report.was_clean);
}

// As a host ends actors that it knows nothing about: what was only accepted may be lost, as in a crash.
BOOST_FIXTURE_TEST_CASE(ended_by_an_exit_message_without_a_close, host_files) {
  for (const auto reason : {caf::exit_reason::user_shutdown, caf::exit_reason::kill}) {
    {
      caf::actor_system_config config;
      caf::actor_system system{config};
      const auto store = opened_in(system, options());
      store_client client{system, store};
      BOOST_REQUIRE(client.put("k", text("v"), durability::durable).ok());
      caf::anon_send_exit(store, reason);
      // The system ends although nobody closed the store,
    }
    // and its file is free.
    const auto found = look("k");
    BOOST_TEST(found.value == "v");
    BOOST_TEST(!found.report.was_clean);
  }
}

BOOST_FIXTURE_TEST_CASE(every_request_is_answered_when_the_store_is_ended, host_files) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto store = opened_in(system, options());
  caf::scoped_actor self{system};
  constexpr int requests = 200;
  int answers = 0;
  const auto put = [&](int i) {
    return compat::request(self.ptr(), store, put_request{std::to_string(i), text("v"), {}, {}});
  };
  std::vector<decltype(put(0))> waiting;
  for (int i = 0; i < requests; ++i) waiting.push_back(put(i));
  caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
  for (auto& each : waiting)
    std::move(each).receive([&](const receipt&) { ++answers; },
                            [&](const caf::error&) { ++answers; });
  BOOST_TEST(answers == requests);
}

BOOST_FIXTURE_TEST_CASE(two_stores_in_one_system_end_one_after_the_other, host_files) {
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    const auto first = opened_in(system, options("first"));
    const auto second = opened_in(system, options("second"));
    store_client one{system, first};
    store_client other{system, second};
    BOOST_REQUIRE(one.put("k", text("of the first")).ok());
    BOOST_REQUIRE(other.put("k", text("of the second")).ok());
    BOOST_TEST((code_of(open_store(system, options("first"))) == errc::locked));
    BOOST_REQUIRE(one.close().ok());
    BOOST_TEST((code_of(one.get("k")) == errc::closed));
    // The other one does not notice,
    BOOST_TEST((other.get("k")->value.text() == "of the second"));
    // also not when the first comes back and is ended the hard way.
    caf::anon_send_exit(opened_in(system, options("first")), caf::exit_reason::kill);
    BOOST_REQUIRE(other.put("k", text("later")).ok());
    BOOST_REQUIRE(other.close().ok());
  }
  BOOST_TEST(look("k", "first").value == "of the first");
  BOOST_TEST(look("k", "second").value == "later");
}

BOOST_FIXTURE_TEST_CASE(many_systems_one_after_the_other_find_what_the_last_one_left, host_files) {
  for (int run = 0; run < 20; ++run) {
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_client client{system, opened_in(system, options())};
    const auto before = client.get("runs");
    BOOST_REQUIRE((before ? before->value.text() == std::to_string(run)
                          : run == 0 && before.error().code == errc::not_found));
    BOOST_REQUIRE(client.put("runs", text(std::to_string(run + 1)), durability::accepted).ok());
    BOOST_REQUIRE(client.close().ok());
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(settings_of_the_host)

BOOST_FIXTURE_TEST_CASE(are_the_hosts_alone, host_files) {
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", 3);
  config.set("caf.work-stealing.moderate-poll-attempts", 7);
  config.set("caf.logger.console.verbosity", "quiet");
  caf::actor_system system{config};
  const caf::settings before = caf::content(system.config());
  BOOST_TEST((caf::get_if(&before, "caf.scheduler.max-threads") != nullptr));
  store_client client{system, opened_in(system, options())};
  BOOST_REQUIRE(client.put("k", text("v")).ok());
  BOOST_TEST(client.checkpoint().ok());
  BOOST_TEST(client.compact().ok());
  BOOST_TEST(client.verify().ok());
  BOOST_TEST((caf::content(system.config()) == before));
  BOOST_REQUIRE(client.close().ok());
  BOOST_TEST((caf::content(system.config()) == before));
}

BOOST_FIXTURE_TEST_CASE(and_no_file_appears_but_the_store, host_files) {
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(directory().path());
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_client client{system, opened_in(system, options())};
    BOOST_TEST(client.put("k", text("v")).ok());
    BOOST_TEST(client.close().ok());
  }
  std::filesystem::current_path(here);
  std::vector<std::string> files;
  for (const auto& each : std::filesystem::directory_iterator{directory().path()})
    files.push_back(each.path().filename().string());
  BOOST_TEST(files == std::vector<std::string>{"store"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
