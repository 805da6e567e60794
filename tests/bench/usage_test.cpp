#include <stowage/bench/measuring/usage.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>

using namespace stowage::bench;

BOOST_AUTO_TEST_SUITE(usages)

BOOST_AUTO_TEST_CASE(mallocs_are_those_of_the_counter) {
  BOOST_TEST(used_so_far().mallocs == 0U);
  count_mallocs_by([]() -> std::uint64_t { return 42; });
  BOOST_TEST(used_so_far().mallocs == 42U);
  count_mallocs_by(nullptr);
  BOOST_TEST(used_so_far().mallocs == 0U);
}

BOOST_AUTO_TEST_CASE(what_another_thread_still_does_is_waited_for) {
  constexpr double work_seconds = 0.05;
  std::atomic<double> done_at = 0;
  const auto before = used_so_far().cpu_seconds;
  auto work = std::async(std::launch::async, [&] {
    while (used_so_far().cpu_seconds < before + work_seconds) {
    }
    done_at = used_so_far().cpu_seconds;
  });
  wait_until_idle();
  BOOST_TEST(done_at.load() >= before + work_seconds);
  work.get();
}

BOOST_AUTO_TEST_SUITE_END()
