// A store in another process: its handle comes through CAF's middleman and takes every request.
//
// Nothing is asked of a store that has ended: CAF 0.18 drops what is sent to such a remote handle without an answer.
#include <stowage/tests/hosting/host.hpp>
#include <stowage/tests/support/processes/child_process.hpp>

#include <caf/io/middleman.hpp>

#include <cstdint>
#include <future>
#include <memory>
#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

using namespace std::chrono_literals;

struct config_with_middleman : caf::actor_system_config {
  config_with_middleman() { load<caf::io::middleman>(); }
};

struct remote : host_files {
  remote() : host{{STOWAGE_STORE_HOST, options().path}, {{}, {}, directory() / "host-stderr", {}}} {
    std::string line;
    BOOST_REQUIRE((host.read_line(line, hang_after) == child_process::next::line));
    auto handle = system.middleman().remote_actor<store_actor>(
        "127.0.0.1", static_cast<std::uint16_t>(std::stoul(line)));
    BOOST_REQUIRE_MESSAGE(handle, (handle ? "" : to_string(handle.error())));
    store = *handle;
  }

  child_process host;
  config_with_middleman config;
  caf::actor_system system{config};
  store_actor store;
};

caf::behavior telling_of_the_end(caf::event_based_actor* self, const store_actor& store,
                                 std::shared_ptr<std::promise<void>> ended) {
  compat::monitor_all(self, {{"store", caf::actor_cast<caf::actor>(store)}},
                      [self, ended](const std::string&, const caf::error&) {
                        ended->set_value();
                        self->quit();
                      });
  return {[](const std::string& what) { return what; }};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(remote_handle)

BOOST_FIXTURE_TEST_CASE(takes_every_request, remote) {
  BOOST_TEST((store.node() != system.node()));
  store_client client{system, store};
  const std::string large(1 << 20, 'x');
  const auto put = client.put("a", text("value"));
  BOOST_REQUIRE_MESSAGE(put.ok(), (put ? "" : describe(put.error())));
  BOOST_TEST((put->reached == durability::durable));
  BOOST_TEST(
      (client.put("large", text(large), durability::accepted)->reached == durability::accepted));
  BOOST_TEST((client.get("large")->value.text() == large));
  BOOST_TEST((client.get("a", 1, 2)->value.text() == "al"));
  BOOST_TEST(*client.exists("a"));
  BOOST_TEST(client.stat("a")->size == 5U);
  const auto many = client.put_many({{"b", text("1"), false, {}, 0},
                                     {"missing", {}, true, {}, 0},
                                     {"c", text("2"), false, {}, 0}});
  BOOST_REQUIRE(many.ok());
  BOOST_REQUIRE(many->failures.size() == 1U);
  BOOST_TEST((many->failures[0].at == 1U && many->failures[0].why.code == errc::not_found));
  transaction both;
  both.expect("a", put->ver).put("a", text("next")).remove("b").expect_absent("none");
  BOOST_TEST(client.commit(both)->versions.size() == 2U);
  const auto again = client.commit(both);
  BOOST_REQUIRE((code_of(again) == errc::conflict));
  // The whole failure has travelled.
  BOOST_TEST(again.error().name == "a");
  BOOST_TEST((again.error().expected == put->ver && again.error().actual > put->ver));
  BOOST_TEST(client.list({})->blocks.size() == 3U);
  BOOST_TEST(client.flush().ok());
  BOOST_TEST(client.checkpoint().ok());
  BOOST_TEST(client.compact().ok());
  BOOST_TEST(client.verify()->found_count == 0U);
  BOOST_TEST(client.backup(directory() / "copy")->blocks == 3U);
  BOOST_TEST(client.status()->blocks == 3U);
  BOOST_TEST(client.remove("c").ok());
  BOOST_TEST(client.clear().ok());
  BOOST_TEST((code_of(client.get("a")) == errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(is_watched_from_another_process, remote) {
  store_client client{system, store};
  auto watch = client.watch("w");
  BOOST_REQUIRE(watch.ok());
  const auto put = client.put("watched", text("v"));
  BOOST_REQUIRE(put.ok());
  const auto told = watch->next(hang_after);
  BOOST_REQUIRE((told.ok() && told->has_value()));
  BOOST_REQUIRE((*told)->changes.size() == 1U);
  BOOST_TEST(((*told)->changes[0] == block_change{"watched", change_kind::put, put->ver}));
}

BOOST_FIXTURE_TEST_CASE(is_closed_from_another_process_and_stays_what_it_was, remote) {
  {
    store_client client{system, store};
    BOOST_REQUIRE(client.put("k", text("v"), durability::accepted).ok());
    BOOST_TEST(client.close().ok());
  }
  host.write_line("stop");
  BOOST_TEST(host.wait().code == 0);
  const auto found = look("k");
  BOOST_TEST(found.value == "v");
  BOOST_TEST(found.report.was_clean);
}

BOOST_FIXTURE_TEST_CASE(tells_of_the_end_of_the_process, remote) {
  store_client client{system, store};
  BOOST_REQUIRE(client.put("k", text("v")).ok());
  const auto ended = std::make_shared<std::promise<void>>();
  const auto guest = system.spawn(telling_of_the_end, store, ended);
  caf::scoped_actor self{system};
  // It monitors by now.
  compat::request(self.ptr(), guest, std::string{"ready"})
      .receive([](const std::string&) {},
               [](const caf::error& why) { BOOST_ERROR(to_string(why)); });
  host.kill_now();
  (void)host.wait();
  ended->get_future().get();
  BOOST_TEST(look("k").value == "v");
}

BOOST_AUTO_TEST_SUITE_END()
