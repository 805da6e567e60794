// Verifying a running store: everything, as it is when its turn comes, and nobody waits for it.
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>
#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

struct verifying : store_fixture {
  verifying() { open(); }

  void fill(int count = 40) {
    for (int i = 0; i < count; ++i) (void)put_durable("k" + std::to_string(i), value(i));
  }
  static std::string value(int i) { return pattern(100'000, static_cast<std::uint64_t>(i)); }

  [[nodiscard]] std::uint64_t place_of(std::string_view bytes) const {
    const auto image = rig->image();
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    const auto found = std::search(image.begin(), image.end(), begin, begin + bytes.size());
    BOOST_REQUIRE(found != image.end());
    return static_cast<std::uint64_t>(found - image.begin());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verifications)

BOOST_FIXTURE_TEST_CASE(an_empty_store_is_whole, verifying) {
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 0U);
  BOOST_TEST(done->found_count == 0U);
}

BOOST_FIXTURE_TEST_CASE(all_of_a_whole_store_is_counted, verifying) {
  fill();
  (void)put_durable("empty", "");
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 41U);
  BOOST_TEST(done->chunks == 40U);
  BOOST_TEST(done->verified_bytes == 4'000'000U);
  BOOST_TEST(done->found_count == 0U);
  BOOST_TEST(done->found.empty());
}

BOOST_FIXTURE_TEST_CASE(each_damaged_block_is_named_and_left, verifying) {
  fill();
  for (const int i : {3, 17}) rig->flip_byte(place_of(value(i)) + 50'000);
  const auto before = rig->image();
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 40U);
  BOOST_TEST(done->verified_bytes == 3'800'000U);
  BOOST_TEST(done->found_count == 2U);
  BOOST_TEST_REQUIRE(done->found.size() == 2U);
  // In the order of names: k17 comes before k3.
  BOOST_TEST(done->found[0].name == "k17");
  BOOST_TEST(done->found[1].name == "k3");
  for (const auto& why : done->found) {
    BOOST_TEST(why.code == errc::corrupt_block);
    BOOST_TEST(why.offset.has_value());
  }
  BOOST_TEST((rig->image() == before));
  BOOST_TEST(value_of("k3") == "!corrupt_block");
  BOOST_TEST(value_of("k4") == value(4));
}

BOOST_FIXTURE_TEST_CASE(what_a_restart_would_need_is_verified_too, verifying) {
  fill();
  for (int i = 0; i < 2; ++i) {
    auto done = ask_checkpoint();
    run();
    BOOST_TEST(done.code() == errc::none);
    (void)put_durable("later", std::to_string(i));
  }
  const auto sb = newest_superblock(rig->image());
  for (const auto at : {sb.current.manifest.offset, sb.previous.manifest.offset})
    rig->flip_byte(at + 20);
  // A record after the current root.
  rig->flip_byte(sb.current.start.offset + 20);
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 41U);
  BOOST_TEST_REQUIRE(done->found.size() == 3U);
  BOOST_TEST(done->found[0].code == errc::corrupt);
  BOOST_TEST((done->found[0].offset == sb.current.manifest.offset));
  BOOST_TEST((done->found[1].offset == sb.previous.manifest.offset));
  BOOST_TEST(done->found[2].code == errc::journal_corrupt);
  BOOST_TEST((done->found[2].offset == sb.current.start.offset));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_written_meanwhile_is_whole, verifying) {
  fill();
  std::uint64_t writes = 0;
  std::function<void()> go_on = [&] {
    if (++writes > 300) return;
    (void)put("k" + std::to_string(writes % 40), value(static_cast<int>(writes) + 100),
              durability::durable);
    if (writes % 3 == 0) (void)remove("k" + std::to_string(writes % 37), durability::durable);
    if (writes % 5 == 0) (void)ask_checkpoint();
    if (writes % 50 == 0) (void)ask_compact();
    rig->meanwhile(device_call::read, go_on);
  };
  rig->meanwhile(device_call::read, go_on);
  auto done = ask_verify();
  run();
  BOOST_TEST(writes > 10U);
  BOOST_TEST(done->found_count == 0U);
  BOOST_TEST(status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_status_says_how_far_it_is, verifying) {
  fill();
  BOOST_TEST(status().blocks_to_verify == 0U);
  std::vector<answer<store_status>> seen;
  std::function<void()> look = [&] {
    seen.push_back(ask_status());
    if (seen.size() < 100) rig->meanwhile(device_call::read, look);
  };
  rig->meanwhile(device_call::read, look);
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 40U);
  std::uint64_t furthest = 0;
  for (auto& s : seen) {
    if (s->blocks_to_verify == 0) continue;  // asked last, and answered after the end
    BOOST_TEST(s->blocks_to_verify == 40U);
    BOOST_TEST(s->blocks_verified >= furthest);
    furthest = s->blocks_verified;
  }
  BOOST_TEST(furthest > 10U);
  BOOST_TEST(furthest < 40U);
  BOOST_TEST(status().blocks_verified == 0U);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_kept_from_being_reused_for_long, verifying) {
  fill();
  // All that is superseded while a slice is read is free again before the end.
  std::uint64_t pinned_most = 0;
  std::vector<answer<store_status>> seen;
  int step = 0;
  std::function<void()> go_on = [&] {
    if (++step > 30) return;
    (void)put("k" + std::to_string(step), "small", durability::durable);
    seen.push_back(ask_status());
    rig->meanwhile(device_call::read, go_on);
  };
  rig->meanwhile(device_call::read, go_on);
  auto done = ask_verify();
  run();
  for (auto& s : seen) pinned_most = std::max(pinned_most, s->pinned_bytes);
  BOOST_TEST(pinned_most <= 1'500'000U);
  BOOST_TEST(status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(only_so_many_are_named, verifying) {
  std::vector<single_write> writes;
  for (int i = 0; i < 1100; ++i)
    writes.push_back({"b" + std::to_string(10'000 + i), payload{std::string(64, 'v')}, false, {}});
  auto put = put_many(std::move(writes), durability::durable);
  run();
  BOOST_TEST(put.code() == errc::none);
  const auto image = rig->image();
  for (std::uint64_t at = 0; at + 64 <= image.size(); at += 64)
    if (byte_view{image}.subspan(at, 64).front() == std::byte{'v'} &&
        std::ranges::count(byte_view{image}.subspan(at, 64), std::byte{'v'}) == 64)
      rig->flip_byte(at);
  auto done = ask_verify();
  run();
  BOOST_TEST(done->found_count == 1100U);
  BOOST_TEST(done->found.size() == unreadable_named_max);
  BOOST_TEST(done->found.front().name == "b10000");
}

BOOST_FIXTURE_TEST_CASE(one_at_a_time, verifying) {
  fill();
  auto first = ask_verify();
  auto second = ask_verify();
  run();
  BOOST_TEST(first.code() == errc::none);
  BOOST_TEST(second.code() == errc::overloaded);
  auto third = ask_verify();
  run();
  BOOST_TEST(third.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(a_close_ends_it, verifying) {
  fill();
  std::optional<answer<void>> closed;
  rig->meanwhile(device_call::read, [&] { closed.emplace(ask_close()); });
  auto done = ask_verify();
  run();
  BOOST_TEST(done.code() == errc::closed);
  BOOST_REQUIRE(closed.has_value());
  BOOST_TEST(closed->code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_closing_begins_none, verifying) {
  auto closed = ask_close();
  auto done = ask_verify();
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(done.code() == errc::closed);
}

BOOST_FIXTURE_TEST_CASE(a_poisoned_store_can_be_verified, verifying) {
  fill();
  rig->flip_byte(place_of(value(5)) + 1);
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("lost", "v", durability::durable);
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  auto done = ask_verify();
  run();
  BOOST_TEST(done->blocks == 40U);
  BOOST_TEST_REQUIRE(done->found.size() == 1U);
  BOOST_TEST(done->found.front().name == "k5");
}

BOOST_AUTO_TEST_SUITE_END()
