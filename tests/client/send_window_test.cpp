#include <stowage/client/send_window.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(send_windows)

BOOST_AUTO_TEST_CASE(no_more_is_taken_than_there_is) {
  send_window window{{.max_ops = 4, .max_bytes = 100}};
  std::atomic<std::uint64_t> ops = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const auto size = (t * 31 + i * 7) % 60;
        const auto taken = window.take(1, size);
        if (ops.fetch_add(1) + 1 > 4 || bytes.fetch_add(size) + size > 100) exceeded = true;
        bytes -= size;
        ops -= 1;
      }
    });
  }
  for (auto& t : threads) t.join();
  BOOST_TEST(!exceeded);
  BOOST_TEST(ops == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_larger_than_the_window_goes_alone) {
  send_window window{{.max_ops = 4, .max_bytes = 100}};
  std::atomic<bool> large_in = false;
  std::thread waits;
  {
    const auto small = window.take(1, 1);
    waits = std::thread{[&] {
      const auto large = window.take(1, 1000);
      large_in = true;
    }};
    BOOST_TEST(!large_in);
  }
  waits.join();
  BOOST_TEST(large_in);
}

BOOST_AUTO_TEST_CASE(who_shares_the_window_is_never_in_it_together_beyond_its_size) {
  send_window window{{.max_ops = 100, .max_bytes = 100}};
  std::atomic<int> inside = 0;
  std::atomic<bool> together = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto taken = window.take(1, 51);
        if (++inside > 1) together = true;
        --inside;
      }
    });
  }
  for (auto& t : threads) t.join();
  BOOST_TEST(!together);
}

BOOST_AUTO_TEST_SUITE_END()
