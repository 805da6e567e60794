// Watches of the blocking client, on real threads and a real file.
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <thread>

using namespace stowage;
using namespace stowage::test;
using namespace std::chrono_literals;

namespace {

// Only ends a hang.
constexpr auto deadline = 60s;

struct watched {
  watched() {
    options.path = directory / "store";
    options.create = true;
    auto opened = open_store(system, options);
    BOOST_REQUIRE(opened.ok());
    store = opened->handle;
  }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() {
    if (store) (void)store_client{system, store}.close();
  }

  [[nodiscard]] store_client client() { return store_client{system, store}; }
  [[nodiscard]] version put(const std::string& name) {
    auto c = client();
    const auto done = c.put(name, payload{std::string{"v"}}, durability::durable);
    BOOST_REQUIRE(done.ok());
    return done->ver;
  }
  [[nodiscard]] static change_batch next(watcher& from) {
    auto got = from.next(deadline);
    BOOST_REQUIRE_MESSAGE(got.ok(), "next: " << (got ? "" : describe(got.error())));
    BOOST_REQUIRE(got->has_value());
    return **got;
  }

  temporary_directory directory;
  caf::actor_system_config config;
  caf::actor_system system{config};
  store_options options;
  store_actor store;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(watchers, watched)

BOOST_AUTO_TEST_CASE(changes_come_one_after_another) {
  const auto before = put("before");
  auto watch = client().watch("a");
  BOOST_REQUIRE(watch.ok());
  BOOST_TEST((watch->from() == before));
  (void)put("b");
  const auto first = put("a1");
  const change_batch one{{}, {{"a1", change_kind::put, first}}, first};
  BOOST_TEST((next(*watch) == one));
  auto c = client();
  const auto gone = c.remove("a1", durability::durable);
  BOOST_REQUIRE(gone.ok());
  BOOST_TEST((next(*watch).changes.front() == block_change{"a1", change_kind::deleted, gone->ver}));
}

BOOST_AUTO_TEST_CASE(a_wait_that_runs_out_loses_nothing) {
  auto watch = client().watch();
  BOOST_REQUIRE(watch.ok());
  const auto nothing = watch->next(1ms);
  BOOST_REQUIRE(nothing.ok());
  BOOST_TEST(!nothing->has_value());
  std::map<std::string, version> written;
  std::thread writer{[&] {
    auto c = client();
    for (int i = 0; i < 300; ++i) {
      const auto name = "k" + std::to_string(i);
      if (const auto done = c.put(name, {}, durability::durable)) written[name] = done->ver;
    }
  }};
  // Waits of every length, until the last one is there.
  std::map<std::string, version> told;
  for (int i = 0; !told.contains("k299"); ++i) {
    const auto some = watch->next(std::chrono::milliseconds{i % 3});
    BOOST_REQUIRE(some.ok());
    if (!*some) continue;
    BOOST_TEST(!(*some)->gap.has_value());
    for (const auto& c : (*some)->changes) BOOST_TEST(told.emplace(c.name, c.ver).second);
  }
  writer.join();
  BOOST_TEST((told == written));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_object_is_the_end_of_the_watch) {
  auto c = client();
  const auto watches = [&] { return c.status()->watches; };
  {
    auto first = c.watch();
    BOOST_REQUIRE(first.ok());
    auto moved = std::move(*first);
    BOOST_TEST(watches() == 1U);
    (void)put("k");
    BOOST_TEST(next(moved).changes.size() == 1U);
  }
  // The news of its end are on their way.
  const auto give_up = std::chrono::steady_clock::now() + deadline;
  while (watches() != 0 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  BOOST_TEST(watches() == 0U);
}

BOOST_AUTO_TEST_CASE(what_the_store_refuses_is_told) {
  auto c = client();
  const auto refused = c.watch(std::string(1025, 'p'));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == errc::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(a_close_ends_a_wait) {
  auto c = client();
  auto watch = c.watch();
  BOOST_REQUIRE(watch.ok());
  bool closed = false;
  std::thread closes{[&] { closed = client().close().ok(); }};
  const auto end = watch->next(deadline);
  closes.join();
  BOOST_TEST(closed);
  BOOST_REQUIRE(!end.ok());
  BOOST_TEST((end.error().code == errc::closed));
  const auto later = watch->next(deadline);
  BOOST_REQUIRE(!later.ok());
  BOOST_TEST((later.error().code == errc::closed));
  store = nullptr;
}

BOOST_AUTO_TEST_SUITE_END()
