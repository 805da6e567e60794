#include <stowage/storage/index/published_index.hpp>

#include <stowage/testkit/printing.hpp>
#include <stowage/tests/storage/index/allocation_count.hpp>
#include <stowage/tests/storage/index/index_samples.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

void put(block_index& index, const std::string& name, std::uint64_t ver) {
  index.apply(put_of(name, ver).get(), 0, [](const block_ref&) {});
}

/// The version that is found; 0 where the block is not there.
std::uint64_t version_in(published_index& published, const std::string& name) {
  const auto found = published.find(name);
  BOOST_REQUIRE(found.has_state);
  return found.what ? found.what->ver().value : 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(published_indexes)

BOOST_AUTO_TEST_CASE(there_is_no_state_before_the_first_and_after_the_end) {
  published_index published;
  BOOST_TEST(!published.find("a").has_state);
  BOOST_TEST(!published.state().has_value());
  block_index index;
  published.publish(index.snapshot());
  BOOST_TEST(published.find("a").has_state);
  BOOST_TEST(published.state().has_value());
  published.end();
  BOOST_TEST(!published.find("a").has_state);
  BOOST_TEST(!published.state().has_value());
  published.publish(index.snapshot());
  BOOST_TEST(published.find("a").has_state);
}

BOOST_AUTO_TEST_CASE(what_is_found_is_as_it_was_published) {
  published_index published;
  block_index index;
  put(index, "a", 1);
  published.publish(index.snapshot());
  put(index, "a", 2);
  put(index, "b", 3);
  BOOST_TEST(version_in(published, "a") == 1U);
  BOOST_TEST(version_in(published, "b") == 0U);
  const auto kept = published.state();
  published.publish(index.snapshot());
  BOOST_TEST(version_in(published, "a") == 2U);
  BOOST_TEST(version_in(published, "b") == 3U);
  BOOST_TEST((kept->find("a")->ver() == version{1}));
  BOOST_TEST(kept->size() == 1U);
}

BOOST_AUTO_TEST_CASE(looks_for_blocks_are_counted) {
  published_index published;
  (void)published.find("a");
  block_index index;
  published.publish(index.snapshot());
  (void)published.find("a");
  (void)published.state();
  BOOST_TEST(published.looks() == 2U);
  std::thread{[&] { (void)published.find("a"); }}.join();
  BOOST_TEST(published.looks() == 3U);
}

BOOST_AUTO_TEST_CASE(an_older_state_is_not_kept_where_nobody_looks) {
  published_index published;
  block_index index;
  for (std::uint64_t i = 0; i < 1000; ++i) put(index, "name" + std::to_string(i), i + 1);
  published.publish(index.snapshot());
  // Somebody has looked at every place there may be.
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) threads.emplace_back([&] { (void)published.find("name1"); });
  for (auto& t : threads) t.join();
  const auto before = live_allocations();
  for (std::uint64_t round = 1; round < 20; ++round) {
    for (std::uint64_t i = 0; i < 1000; ++i)
      put(index, "name" + std::to_string(i), 1000 * round + i + 1);
    published.publish(index.snapshot());
  }
  // What a state kept goes with the next but one, and with the changes after that.
  published.publish(index.snapshot());
  while (!index.let_go_some(1000)) {
  }
  BOOST_TEST(live_allocations() <= before + 100);
}

BOOST_AUTO_TEST_CASE(a_look_after_a_publication_sees_it_on_every_thread) {
  published_index published;
  block_index index;
  put(index, "first", 1);
  put(index, "last", 1);
  published.publish(index.snapshot());
  std::atomic<std::uint64_t> newest{1};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> looks{0};
  std::vector<std::thread> threads;
  // More than there are places.
  for (int t = 0; t < 24; ++t)
    threads.emplace_back([&] {
      std::uint64_t seen = 0;
      while (!over) {
        const auto at_least = newest.load();
        const auto first = published.find("first").what->ver().value;
        const auto last = published.find("last").what->ver().value;
        if (first < at_least || first < seen || last < first) ++wrong;
        seen = last;
        const auto both = published.state();
        if (both->find("first")->ver() != both->find("last")->ver()) ++wrong;
        ++looks;
      }
    });
  const auto publications = by_size<std::uint64_t>(3'000, 30'000, 300'000);
  for (std::uint64_t i = 2; i <= publications || looks < 1000; ++i) {
    put(index, "first", i);
    put(index, "last", i);
    published.publish(index.snapshot());
    newest = i;
  }
  over = true;
  for (auto& t : threads) t.join();
  BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
