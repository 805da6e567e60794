// The blocking client on real threads and a real file.
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

using namespace stowage;
using namespace stowage::test;

namespace {

struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

payload text(std::string t) { return payload{std::move(t)}; }

template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

struct served {
  served() {
    options.path = directory / "store";
    options.create = true;
    open();
  }
  served(const served&) = delete;
  served& operator=(const served&) = delete;
  ~served() {
    if (store) (void)store_client{system, store}.close();
  }

  void open() {
    auto opened = open_store(system, options);
    BOOST_REQUIRE_MESSAGE(opened.ok(), "open: " << (opened ? "" : describe(opened.error())));
    store = opened->handle;
    report = opened->report;
  }
  [[nodiscard]] store_client client() { return store_client{system, store}; }

  temporary_directory directory;
  caf::actor_system_config config;
  caf::actor_system system{config};
  store_options options;
  store_actor store;
  open_report report;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_clients)

BOOST_FIXTURE_TEST_CASE(a_verification_has_nothing_to_tell_while_another_thread_writes, served) {
  auto c = client();
  for (int i = 0; i < 300; ++i)
    BOOST_REQUIRE(
        c.put("b" + std::to_string(i), text(std::string(5000, 'b')), durability::accepted).ok());
  BOOST_REQUIRE(c.flush().ok());
  std::atomic<bool> done{false};
  std::atomic<bool> did_all{true};
  auto by = c.for_another_thread();
  std::thread other{[&] {
    for (int round = 0; !done; ++round) {
      // Names roots and cuts the file, so that what is being verified is taken by others.
      const auto value = text(std::string(5000, static_cast<char>('a' + round % 26)));
      bool did = by.put("b" + std::to_string(round % 300), value, durability::accepted).ok();
      if (round % 20 == 0) did = did && by.checkpoint().ok();
      if (round % 200 == 0) did = did && by.compact().ok();
      if (!did) did_all = false;
    }
  }};
  for (int i = 0; i < 30; ++i) {
    const auto verified = c.verify();
    BOOST_REQUIRE_MESSAGE(verified.ok(), (verified ? "" : describe(verified.error())));
    BOOST_TEST(verified->blocks == 300U);
    BOOST_TEST(verified->found_count == 0U,
               (verified->found.empty() ? "" : describe(verified->found.front())));
  }
  done = true;
  other.join();
  BOOST_TEST(did_all);
}

BOOST_FIXTURE_TEST_CASE(a_backup_is_one_state_while_another_thread_writes, served) {
  auto c = client();
  // Pairs that always change together.
  const auto write = [](store_client& by, int pair, int round) {
    transaction t;
    t.put("x" + std::to_string(pair),
          text(std::string(30'000, static_cast<char>('a' + round % 26))));
    t.put("y" + std::to_string(pair),
          text(std::string(30'000, static_cast<char>('a' + round % 26))));
    return by.commit(std::move(t), durability::accepted).ok();
  };
  for (int pair = 0; pair < 50; ++pair) BOOST_REQUIRE(write(c, pair, pair));
  BOOST_REQUIRE(c.flush().ok());
  std::atomic<bool> done{false};
  std::atomic<bool> wrote_all{true};
  auto by = c.for_another_thread();
  std::thread other{[&] {
    for (int round = 0; !done; ++round)
      if (!write(by, round % 50, round)) wrote_all = false;
  }};
  const auto path = directory / "copy";
  const auto copied = c.backup(path);
  done = true;
  other.join();
  BOOST_TEST(wrote_all);
  BOOST_REQUIRE_MESSAGE(copied.ok(), (copied ? "" : describe(copied.error())));
  BOOST_TEST(copied->blocks == 100U);
  BOOST_TEST(copied->unreadable_count == 0U);
  BOOST_TEST(copied->file_bytes == std::filesystem::file_size(path));
  BOOST_TEST((code_of(c.backup(path)) == errc::already_exists));

  store_options of_copy;
  of_copy.path = path;
  auto opened = open_store(system, of_copy);
  BOOST_REQUIRE(opened.ok());
  store_client copy{system, opened->handle};
  for (int pair = 0; pair < 50; ++pair) {
    const auto x = copy.get("x" + std::to_string(pair));
    const auto y = copy.get("y" + std::to_string(pair));
    BOOST_REQUIRE((x.ok() && y.ok()));
    BOOST_TEST((x->value.text() == y->value.text()));
    BOOST_TEST((x->ver <= copied->through && y->ver <= copied->through));
  }
  // It goes on with versions that the other one did not give before.
  BOOST_TEST((copy.put("z", text("1"))->ver > copied->through));
  BOOST_TEST(copy.close().ok());
}

BOOST_FIXTURE_TEST_CASE(every_call_does_what_it_says, served) {
  BOOST_TEST(report.created);
  auto c = client();
  auto first = c.put("a", text("value"));
  BOOST_REQUIRE(first.ok());
  BOOST_TEST((first->reached == durability::durable));
  auto second = c.put("b", text("other"), durability::accepted);
  BOOST_REQUIRE(second.ok());
  BOOST_TEST((second->reached == durability::accepted));
  BOOST_TEST((first->ver < second->ver));

  BOOST_TEST((c.get("a")->value.text() == "value"));
  BOOST_TEST((c.get("a", 1, 2)->value.text() == "al"));
  BOOST_TEST((c.get("b")->ver == second->ver));
  BOOST_TEST(*c.exists("a"));
  BOOST_TEST(!*c.exists("x"));
  BOOST_TEST((*c.stat("a") == block_stat{"a", first->ver, 5}));
  auto listed = c.list({"", "", 1});
  BOOST_REQUIRE(listed.ok());
  BOOST_TEST(listed->blocks.size() == 1U);
  BOOST_TEST(listed->more);
  BOOST_TEST(c.flush().ok());
  auto status = c.status();
  BOOST_REQUIRE(status.ok());
  BOOST_TEST(status->blocks == 2U);
  BOOST_TEST(status->state == "open");
  BOOST_TEST(status->path == options.path);
  BOOST_TEST((status->durable_version == second->ver));
  BOOST_TEST(c.remove("b").ok());
  BOOST_TEST(!*c.exists("b"));
  BOOST_TEST(c.close().ok());

  open();
  BOOST_TEST(report.was_clean);
  BOOST_TEST(!report.created);
  BOOST_TEST(report.blocks == 1U);
  BOOST_TEST((client().get("a")->value.text() == "value"));
}

BOOST_FIXTURE_TEST_CASE(blocks_expire_by_the_systems_clock, served) {
  auto c = client();
  const auto in_an_hour = system_wall_time() + 3'600'000;
  BOOST_REQUIRE(c.put("past", text("v"), {}, {}, 1).ok());
  BOOST_REQUIRE(c.put("later", text("v"), {}, {}, in_an_hour).ok());
  BOOST_TEST((code_of(c.get("past")) == errc::not_found));
  BOOST_TEST((c.get("later")->expires_at_ms == in_an_hour));
  BOOST_TEST((c.stat("later")->expires_at_ms == in_an_hour));
  BOOST_TEST(c.close().ok());
  open();
  BOOST_TEST(!*client().exists("past"));
  BOOST_TEST((client().get("later")->expires_at_ms == in_an_hour));
}

BOOST_FIXTURE_TEST_CASE(a_clear_removes_all_blocks, served) {
  auto c = client();
  BOOST_REQUIRE(c.put("a", text("v")).ok());
  BOOST_REQUIRE(c.put("b", text("v"), durability::accepted).ok());
  const auto cleared = c.clear();
  BOOST_REQUIRE(cleared.ok());
  BOOST_TEST((cleared->reached == durability::durable));
  BOOST_TEST(c.list({})->blocks.empty());
  const auto after = c.put("a", text("w"));
  BOOST_TEST((after->ver == cleared->ver.next()));
  BOOST_TEST(c.close().ok());
  open();
  BOOST_TEST(report.blocks == 1U);
  BOOST_TEST((client().get("a")->value.text() == "w"));
}

BOOST_FIXTURE_TEST_CASE(errors_arrive_with_code_and_context, served) {
  auto c = client();
  const auto missing = c.get("x");
  BOOST_TEST((code_of(missing) == errc::not_found));
  BOOST_TEST(missing.error().name == "x");
  BOOST_TEST((code_of(c.stat("x")) == errc::not_found));
  BOOST_TEST((code_of(c.remove("x")) == errc::not_found));
  BOOST_TEST((code_of(c.put("", text("v"))) == errc::limit_exceeded));
  BOOST_TEST((code_of(c.list({"", "", 0})) == errc::limit_exceeded));
  const auto put = c.put("k", text("v"));
  const auto conflict = c.put("k", text("w"), {}, version{});
  BOOST_TEST((code_of(conflict) == errc::conflict));
  BOOST_TEST((conflict.error().actual == put->ver));
  BOOST_TEST((conflict.error().expected == version{}));
}

BOOST_FIXTURE_TEST_CASE(after_close_every_call_says_closed, served) {
  auto c = client();
  BOOST_TEST(c.close().ok());
  BOOST_TEST((code_of(c.put("k", text("v"))) == errc::closed));
  BOOST_TEST((code_of(c.get("k")) == errc::closed));
  BOOST_TEST((code_of(c.remove("k")) == errc::closed));
  BOOST_TEST((code_of(c.exists("k")) == errc::closed));
  BOOST_TEST((code_of(c.stat("k")) == errc::closed));
  BOOST_TEST((code_of(c.list({})) == errc::closed));
  BOOST_TEST((code_of(c.flush()) == errc::closed));
  BOOST_TEST((code_of(c.status()) == errc::closed));
  BOOST_TEST((code_of(c.close()) == errc::closed));
}

BOOST_FIXTURE_TEST_CASE(a_file_is_open_once_and_free_again_after_close, served) {
  BOOST_TEST((code_of(open_store(system, options)) == errc::locked));
  BOOST_TEST(client().close().ok());
  open();
  BOOST_TEST(client().put("k", text("v")).ok());
}

BOOST_FIXTURE_TEST_CASE(opening_what_is_no_store_fails, served) {
  store_options other;
  other.path = directory / "missing";
  BOOST_TEST((code_of(open_store(system, other)) == errc::no_such_store));
  other.path = directory.path();
  BOOST_TEST((code_of(open_store(system, other)) == errc::not_a_store));
  other.path = directory / "store";
  other.readers = 0;
  BOOST_TEST((code_of(open_store(system, other)) == errc::invalid_argument));
  BOOST_TEST((code_of(create_store_file(options.path)) == errc::already_exists));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_read_is_not_created_again, served) {
  const auto bytes_of = [](const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  // What opens all the same is closed, or the system would wait for it.
  const auto refusal_of = [&](const store_options& what) {
    auto opened = open_store(system, what);
    if (!opened) return opened.error().code;
    (void)store_client{system, opened->handle}.close();
    return errc::none;
  };
  store_options other;
  other.create = true;
  other.path = directory / "foreign";
  std::ofstream{other.path} << std::string(200'000, 'x');
  const auto foreign = bytes_of(other.path);
  BOOST_TEST((refusal_of(other) == errc::not_a_store));
  BOOST_TEST((bytes_of(other.path) == foreign));

  other.path = directory / "damaged";
  BOOST_REQUIRE(create_store_file(other.path).ok());
  {
    std::fstream file{other.path, std::ios::binary | std::ios::in | std::ios::out};
    for (const auto slot : layout::superblock_offset)
      file.seekp(static_cast<std::streamoff>(slot + 100)).put('!').put('?');
  }
  const auto damaged = bytes_of(other.path);
  BOOST_TEST((refusal_of(other) == errc::corrupt));
  BOOST_TEST((bytes_of(other.path) == damaged));
}

BOOST_FIXTURE_TEST_CASE(threads_have_clients_of_their_own, served) {
  std::vector<std::thread> threads;
  std::array<std::size_t, 4> failures{};
  for (std::size_t t = 0; t < failures.size(); ++t)
    threads.emplace_back([this, t, &failures] {
      store_client c{system, store};
      for (int i = 0; i < 100; ++i) {
        const auto name = std::to_string(t) + "/" + std::to_string(i % 10);
        const auto value =
            std::string(static_cast<std::size_t>(i) * 37, static_cast<char>('a' + t));
        const auto level = i % 10 == 0 ? durability::durable : durability::accepted;
        if (!c.put(name, text(value), level)) ++failures[t];
        const auto got = c.get(name);
        if (!got || got->value.text() != value) ++failures[t];
        if (i % 25 == 24 && !c.flush()) ++failures[t];
      }
    });
  for (auto& t : threads) t.join();
  for (const auto count : failures) BOOST_TEST(count == 0U);
  BOOST_TEST(client().close().ok());
  open();
  BOOST_TEST(report.blocks == 40U);
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(client().get("0/" + std::to_string(i))->value.size() ==
               static_cast<std::size_t>(90 + i) * 37);
}

BOOST_FIXTURE_TEST_CASE(closing_while_clients_write_answers_all_of_them, served) {
  std::array<std::uint64_t, 3> durable{};
  std::array<std::uint64_t, 3> refused{};
  std::vector<std::thread> threads;
  std::atomic<int> under_way{0};
  for (std::size_t t = 0; t < 3; ++t)
    threads.emplace_back([this, t, &durable, &refused, &under_way] {
      store_client c{system, store};
      for (int i = 0; refused[t] == 0; ++i) {
        const auto done = c.put(std::to_string(t) + "/" + std::to_string(i), text("v"));
        if (done)
          ++durable[t];
        else
          ++refused[t];
        if (i == 5) ++under_way;
        under_way.notify_all();
      }
    });
  for (int seen = 0; seen < 3; seen = under_way.load()) under_way.wait(seen);
  BOOST_TEST(client().close().ok());
  for (auto& t : threads) t.join();
  open();
  for (std::size_t t = 0; t < 3; ++t) {
    BOOST_TEST(durable[t] >= 5U);
    auto c = client();
    for (std::uint64_t i = 0; i < durable[t]; ++i)
      BOOST_TEST(*c.exists(std::to_string(t) + "/" + std::to_string(i)));
    BOOST_TEST(!*c.exists(std::to_string(t) + "/" + std::to_string(durable[t])));
  }
}

// An actor of the host keeps the only worker until it is told, or nothing has helped for so long.
BOOST_AUTO_TEST_CASE(who_waits_is_served_while_all_workers_are_busy) {
  temporary_directory directory;
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  store_options options;
  options.path = directory / "store";
  options.create = true;
  auto opened = open_store(system, options);
  BOOST_REQUIRE(opened.ok());
  store_client c{system, opened->handle};
  BOOST_REQUIRE(c.put("a", text("old")).ok());

  std::promise<void> is_busy;
  std::promise<void> may_go_on;
  auto gone_on = may_go_on.get_future();
  bool was_told = false;
  compat::run_on(
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; }), [&] {
        is_busy.set_value();
        was_told = gone_on.wait_for(std::chrono::seconds{10}) == std::future_status::ready;
      });
  is_busy.get_future().wait();
  BOOST_TEST(c.put("a", text("new"), durability::accepted).ok());
  const auto got = c.get("a");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST((got->value.text() == "new"));
  BOOST_TEST(*c.exists("a"));
  may_go_on.set_value();
  BOOST_TEST(c.flush().ok());
  BOOST_TEST(c.close().ok());
  BOOST_TEST(was_told);
}

BOOST_FIXTURE_TEST_CASE(a_store_in_memory_serves_and_closes, served) {
  store_options in_memory;
  in_memory.device = device_kind::memory;
  auto opened = open_store(system, in_memory);
  BOOST_REQUIRE(opened.ok());
  store_client c{system, opened->handle};
  BOOST_TEST(c.put("k", text("v")).ok());
  BOOST_TEST((c.get("k")->value.text() == "v"));
  BOOST_TEST(c.close().ok());
}

BOOST_AUTO_TEST_SUITE_END()
