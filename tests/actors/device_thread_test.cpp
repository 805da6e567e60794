#include <boost/test/unit_test.hpp>

#include <stowage/actors/device_thread.hpp>

#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(device_thread_suite)

BOOST_AUTO_TEST_CASE(jobs_run_in_order_on_one_other_thread) {
  std::promise<std::thread::id> began;
  device_thread thread{[&] { began.set_value(std::this_thread::get_id()); }};
  const auto id = began.get_future().get();
  BOOST_CHECK(id != std::this_thread::get_id());
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i)
    thread.run([&order, i, id] {
      if (std::this_thread::get_id() == id) order.push_back(i);
    });
  thread.run([&] { done.set_value(); });
  done.get_future().wait();
  BOOST_REQUIRE_EQUAL(order.size(), 100U);
  for (int i = 0; i < 100; ++i) BOOST_CHECK_EQUAL(order[static_cast<std::size_t>(i)], i);
}

BOOST_AUTO_TEST_CASE(its_end_waits_for_the_job_under_way_and_drops_the_others) {
  std::promise<void> running;
  std::promise<void> may_end;
  bool ended = false;
  bool second_ran = false;
  auto held_by_second = std::make_shared<int>(0);
  const std::weak_ptr<int> second_is_there{held_by_second};
  std::optional<device_thread> thread;
  thread.emplace([] {});
  thread->run([&] {
    running.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  thread->run([&second_ran, held = std::exchange(held_by_second, nullptr)] { second_ran = true; });
  running.get_future().wait();
  std::thread ends{[&] { thread.reset(); }};
  // The end has dropped the second job, and waits for the first.
  while (!second_is_there.expired()) std::this_thread::yield();
  may_end.set_value();
  ends.join();
  BOOST_CHECK(ended);
  BOOST_CHECK(!second_ran);
}

BOOST_AUTO_TEST_CASE(a_job_may_hold_the_last_of_its_owner) {
  struct owner {
    std::promise<void>* gone;
    std::optional<device_thread> thread;
    ~owner() {
      thread.reset();
      gone->set_value();
    }
  };
  std::promise<void> gone;
  std::promise<void> alone;
  auto it = std::make_shared<owner>();
  it->gone = &gone;
  it->thread.emplace([] {});
  auto& thread = *it->thread;
  thread.run([it = std::move(it), &alone] { alone.get_future().wait(); });
  alone.set_value();
  gone.get_future().wait();
}

BOOST_AUTO_TEST_SUITE_END()
