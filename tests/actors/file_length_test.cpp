// How long the file gets: little longer than what lives in it, whatever the sizes, and no longer with time.
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <random>

using namespace stowage;
using namespace stowage::test;

namespace {

struct growing : store_fixture {
  growing() {
    // By itself the file may become longer, not shorter.
    options.compaction.start_above = 0;
    open();
  }

  /// Puts one by one, accepted, with a flush now and then.
  void write(std::uint64_t count, const std::function<std::string()>& name, std::size_t bytes) {
    for (std::uint64_t i = 0; i < count; ++i) {
      (void)compat::anon_send(
          store, put_request{name(), payload{std::string(bytes, 'v')}, durability::accepted, {}});
      if (i % 500 == 499) settle();
    }
    settle();
  }
  /// 5,000 blocks of a page each, overwritten in random order so many times, with a checkpoint each time.
  void fill_and_overwrite(int times) {
    std::uint64_t next = 0;
    write(
        blocks, [&] { return "block-" + std::to_string(next++); }, page_size);
    overwrite(times);
  }
  void overwrite(int times) {
    for (int i = 0; i < times; ++i) {
      write(
          blocks, [&] { return "block-" + std::to_string(random_() % blocks); }, page_size);
      auto done = ask_checkpoint();
      run();
      BOOST_TEST_REQUIRE(done.code() == errc::none);
    }
  }
  /// 40 blocks of 100 B in one group: they share two pages, and each was granted two.
  void put_together() {
    write(
        40, [this] { return "s" + std::to_string(random_()); }, 100);
  }
  void settle() {
    auto done = flush();
    run();
    BOOST_TEST_REQUIRE(done.code() == errc::none);
  }

  static constexpr std::uint64_t blocks = 5'000;
  std::mt19937_64 random_{1};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(file_lengths)

// Each was promised pages of its own before it was known that 32 of them share one.
BOOST_FIXTURE_TEST_CASE(small_blocks_do_not_take_the_space_they_were_promised, growing) {
  std::uint64_t next = 0;
  write(
      40'000, [&] { return "block-" + std::to_string(next++); }, 100);
  const auto s = status();
  BOOST_TEST(s.value_bytes == 4'000'000U);
  // 5 MiB of pages, 8 of journal and what is ahead of need; it was ten times as much once.
  BOOST_TEST(s.file_bytes <= 48 * limits::mib);
  BOOST_TEST(s.promised_bytes <= 16 * limits::mib);
}

// Free space falls apart into single pages; the journal's areas and the pages of checkpoints are longer.
BOOST_FIXTURE_TEST_CASE(random_overwrites_do_not_make_it_longer_for_ever, growing) {
  fill_and_overwrite(4);
  const auto before = status();
  overwrite(4);
  const auto after = status();
  BOOST_TEST(after.checkpoints >= before.checkpoints + 4);
  BOOST_TEST(after.file_bytes <= before.file_bytes);
  // 20 MiB live in it.
  BOOST_TEST(after.file_bytes <= 48 * limits::mib);
}

// What an op was granted and did not use is there for the next one, without the allocator.
BOOST_FIXTURE_TEST_CASE(small_blocks_live_on_what_those_before_them_left, growing) {
  put_together();
  auto promised = status().promised_bytes;
  for (int i = 0; i < 50; ++i) {
    put_together();
    const auto now = status().promised_bytes;
    BOOST_TEST(now <= promised);
    BOOST_TEST(promised - now <= 4 * page_size);
    promised = now;
  }
}

BOOST_AUTO_TEST_SUITE_END()
