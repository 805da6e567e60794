// Views on real threads and a real file, while everything changes beneath them.
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/stamped_value.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::size_t names = 48;
/// Of these every third is removed at times.
constexpr bool is_removed_at_times(std::size_t name) { return name % 3 == 0; }

std::string name_of_block(std::size_t name) { return "block" + std::to_string(name); }

/// A store that is written and compacted, and what is certain to be durable.
class changing_store {
 public:
  changing_store() {
    options_.path = directory_ / "store";
    options_.create = true;
    // Most reads are of the disk, and some are not.
    options_.cache_bytes = 2 * limits::mib;
    auto opened = open_store(*system_, options_);
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
    client_.emplace(*system_, opened->handle);
  }

  changing_store(const changing_store&) = delete;
  changing_store& operator=(const changing_store&) = delete;
  ~changing_store() { close(); }

  [[nodiscard]] store_client client() const { return client_->for_another_thread(); }

  /// Every name once in a while, until it is over; writers have names of their own.
  void write(std::uint64_t writer, std::uint64_t writers) {
    auto c = client();
    std::mt19937_64 random{writer + 1};
    for (std::size_t round = 0; !over; ++round) {
      const auto name = random() % (names / writers) * writers + writer;
      if (is_removed_at_times(name) && random() % 4 == 0) {
        const auto gone = c.remove(name_of_block(name));
        if (!gone && gone.error().code != errc::not_found) ++wrong;
        continue;
      }
      const auto bytes = random() % 8 == 0 ? 60'000 + random() % 300'000 : 40 + random() % 20'000;
      const auto stamp = make_stamp(1, writer, name, round, bytes);
      const auto done = c.put(name_of_block(name), payload{value_of(stamp)});
      if (!done) ++wrong;
      if (done) floor[name] = done->ver.value;
      ++writes;
    }
  }

  void compact() {
    auto c = client();
    while (!over) {
      const auto done = c.compact();
      if (!done) ++wrong;
      if (done) moved += done->blocks_moved;
    }
  }

  void read(const read_view& view, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::array<std::uint64_t, names> seen{};
    while (!over) {
      const auto name = random() % names;
      const auto at_least = std::max(floor[name].load(), seen[name]);
      const auto got = view.get(name_of_block(name));
      ++reads;
      if (!got) {
        const bool may_be =
            got.error().code == errc::overloaded ||
            (got.error().code == errc::not_found && (is_removed_at_times(name) || at_least == 0));
        if (!may_be) ++wrong;
        continue;
      }
      const auto stamp = stamp_of(got->value.text());
      if (!stamp || stamp->find("." + std::to_string(name) + ".") == std::string::npos) ++wrong;
      if (got->ver.value < at_least) ++wrong;
      seen[name] = got->ver.value;
    }
  }

  /// And its actor system is gone; other clients have to be before.
  void close() {
    if (!client_) return;
    BOOST_TEST(client_->close().ok());
    client_.reset();
    system_.reset();
  }

  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> moved{0};
  /// No read that begins from now on finds an older version.
  std::array<std::atomic<std::uint64_t>, names> floor{};

 private:
  temporary_directory directory_;
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_{std::in_place, config_};
  store_options options_;
  std::optional<store_client> client_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(read_views)

BOOST_AUTO_TEST_CASE(threads_read_whole_and_new_values_while_all_is_written_removed_and_moved) {
  changing_store store;
  std::vector<std::thread> threads;
  for (std::uint64_t w = 0; w < 2; ++w) threads.emplace_back([&store, w] { store.write(w, 2); });
  threads.emplace_back([&store] { store.compact(); });
  const auto view = store.client().view();
  BOOST_REQUIRE(view.ok());
  for (std::uint64_t r = 0; r < 3; ++r)
    threads.emplace_back([&store, &v = *view, r] { store.read(v, 100 + r); });
  const auto enough = by_size<std::uint64_t>(1'500, 15'000, 150'000);
  auto c = store.client();
  while (store.wrong == 0 &&
         (store.writes < enough || store.reads < 10 * enough || store.moved == 0))
    if (!c.status()) ++store.wrong;
  store.over = true;
  for (auto& t : threads) t.join();
  BOOST_TEST(store.wrong == 0U);
  const auto s = c.status();
  BOOST_REQUIRE(s.ok());
  BOOST_TEST(s->cache_hits > 0U);
  BOOST_TEST(s->cache_misses > 0U);
  BOOST_TEST(s->view_reads >= store.reads);
}

BOOST_AUTO_TEST_CASE(views_of_a_store_that_is_closed_while_they_read_end_in_closed) {
  for (int round = 0; round < 5; ++round) {
    changing_store store;
    read_view view;
    {
      auto c = store.client();
      for (std::size_t i = 0; i < names; ++i)
        BOOST_REQUIRE(
            c.put(name_of_block(i), payload{value_of(make_stamp(1, 1, i, 1, 200'000))}).ok());
      auto given = c.view();
      BOOST_REQUIRE(given.ok());
      view = *std::move(given);
    }
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> reads{0};
    std::vector<std::thread> threads;
    for (std::uint64_t r = 0; r < 3; ++r)
      threads.emplace_back([&wrong, &reads, v = view, r] {
        for (std::uint64_t i = r;; ++i) {
          const auto got = v.get(name_of_block(i % names));
          ++reads;
          if (got && !stamp_of(got->value.text())) ++wrong;
          if (got) continue;
          if (got.error().code != errc::closed) ++wrong;
          return;
        }
      });
    while (reads < 100) std::this_thread::yield();
    store.close();
    for (auto& t : threads) t.join();
    BOOST_TEST(wrong == 0U);
    BOOST_TEST((view.get("block1").error().code == errc::closed));
    BOOST_TEST((view.list({}).error().code == errc::closed));
  }
}

BOOST_AUTO_TEST_SUITE_END()
