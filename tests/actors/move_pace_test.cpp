#include <stowage/actors/move_pace.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(move_paces)

BOOST_AUTO_TEST_CASE(the_first_slice_is_a_quarter) {
  const move_pace pace;
  BOOST_TEST(pace.blocks() == move_pace::blocks_max / 4);
  BOOST_TEST(pace.bytes() == move_pace::bytes_max / 4);
}

BOOST_AUTO_TEST_CASE(without_clients_it_is_soon_a_whole_one) {
  move_pace pace;
  for (int i = 0; i < 2; ++i) pace.on_moved(5ms, false);
  BOOST_TEST(pace.blocks() == move_pace::blocks_max);
  BOOST_TEST(pace.bytes() == move_pace::bytes_max);
  pace.on_moved(5ms, false);
  BOOST_TEST(pace.blocks() == move_pace::blocks_max);
}

BOOST_AUTO_TEST_CASE(beside_clients_it_grows_until_their_groups_would_wait) {
  // A sync takes 300 us, and each part of a slice 20 us more.
  move_pace pace;
  pace.on_moved(320us, true);
  const auto parts = [&] { return pace.blocks() * move_pace::parts / move_pace::blocks_max; };
  std::size_t largest = 0;
  for (int i = 0; i < 1000; ++i) {
    pace.on_moved(300us + parts() * 20us, true);
    largest = std::max(largest, parts());
  }
  // Twice what the first one took: 640 us.
  BOOST_TEST(largest >= 15U);
  BOOST_TEST(largest <= 20U);
  // Half of that once it was too much, and never less than one part.
  for (int i = 0; i < 10; ++i) pace.on_moved(1s, true);
  BOOST_TEST(parts() == 1U);
}

BOOST_AUTO_TEST_CASE(clients_have_the_disk_at_least_half_of_the_time) {
  move_pace pace;
  pace.on_moved(300us, true);
  BOOST_TEST(pace.rest(400us).count() == std::chrono::nanoseconds{400us}.count());
  pace.on_moved(600us, true);
  BOOST_TEST(pace.rest(700us).count() == std::chrono::nanoseconds{700us}.count());
}

BOOST_AUTO_TEST_CASE(the_rest_after_a_heavy_slice_grows_with_its_weight) {
  move_pace pace;
  pace.on_moved(300us, true);
  // Twice what is tolerated, 600 us.
  pace.on_moved(1200us, true);
  BOOST_TEST(pace.rest(1300us).count() == std::chrono::nanoseconds{2600us}.count());
  pace.on_moved(1s, true);
  BOOST_TEST(pace.rest(1s).count() == std::chrono::nanoseconds{4s}.count());
  pace.on_moved(300us, true);
  BOOST_TEST(pace.rest(300us).count() == std::chrono::nanoseconds{300us}.count());
}

BOOST_AUTO_TEST_CASE(a_device_that_has_become_slower_is_believed_in_the_end) {
  move_pace pace;
  pace.on_moved(300us, true);
  for (int i = 0; i < 20; ++i) pace.on_moved(10ms, true);
  BOOST_TEST(pace.blocks() == move_pace::blocks_max / move_pace::parts);
  for (int i = 0; i < 300; ++i) pace.on_moved(10ms, true);
  BOOST_TEST(pace.blocks() > move_pace::blocks_max / 2);
}

BOOST_AUTO_TEST_SUITE_END()
