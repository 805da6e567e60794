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
  void settle() {
    auto done = flush();
    run();
    BOOST_TEST_REQUIRE(done.code() == errc::none);
  }
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
  std::mt19937_64 random{1};
  std::uint64_t next = 0;
  write(
      5'000, [&] { return "block-" + std::to_string(next++); }, 4096);
  const auto any = [&] { return "block-" + std::to_string(random() % 5'000); };
  const auto checkpoint = [&] {
    auto done = ask_checkpoint();
    run();
    BOOST_TEST_REQUIRE(done.code() == errc::none);
  };
  for (int i = 0; i < 4; ++i) {
    write(5'000, any, 4096);
    checkpoint();
  }
  const auto before = status();
  for (int i = 0; i < 8; ++i) {
    write(2'500, any, 4096);
    checkpoint();
  }
  const auto after = status();
  BOOST_TEST(after.checkpoints >= before.checkpoints + 8);
  BOOST_TEST(after.file_bytes <= before.file_bytes + 4 * limits::mib);
  BOOST_TEST(after.file_bytes <= 60 * limits::mib);
}

BOOST_AUTO_TEST_SUITE_END()
