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
    thread.run([&order, i, id](const device_thread::jobs&) {
      if (std::this_thread::get_id() == id) order.push_back(i);
    });
  thread.run([&](const device_thread::jobs&) { done.set_value(); });
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
  thread->run([&](const device_thread::jobs&) {
    running.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  thread->run([&second_ran, held = std::exchange(held_by_second, nullptr)](
                  const device_thread::jobs&) { second_ran = true; });
  running.get_future().wait();
  std::thread ends{[&] { thread.reset(); }};
  // The end has dropped the second job, and waits for the first.
  while (!second_is_there.expired()) std::this_thread::yield();
  may_end.set_value();
  ends.join();
  BOOST_CHECK(ended);
  BOOST_CHECK(!second_ran);
}

BOOST_AUTO_TEST_CASE(a_job_is_told_when_the_thread_is_wanted) {
  std::promise<void> running;
  std::promise<void> more;
  std::promise<std::pair<bool, bool>> told;
  std::promise<bool> told_the_last;
  device_thread thread{[] {}};
  thread.run([&](const device_thread::jobs& others) {
    const bool before = others.are_waiting();
    running.set_value();
    more.get_future().wait();
    told.set_value({before, others.are_waiting()});
  });
  running.get_future().wait();
  thread.run(
      [&](const device_thread::jobs& others) { told_the_last.set_value(others.are_waiting()); });
  more.set_value();
  const auto [before, after] = told.get_future().get();
  BOOST_CHECK(!before);
  BOOST_CHECK(after);
  BOOST_CHECK(!told_the_last.get_future().get());
}

BOOST_AUTO_TEST_CASE(so_it_is_of_its_end) {
  std::promise<void> running;
  bool told = false;
  std::optional<device_thread> thread;
  thread.emplace([] {});
  thread->run([&](const device_thread::jobs& others) {
    running.set_value();
    while (!others.are_waiting()) std::this_thread::yield();
    told = true;
  });
  running.get_future().wait();
  thread.reset();
  BOOST_CHECK(told);
}

BOOST_AUTO_TEST_CASE(what_its_begin_holds_goes_with_it_and_not_before) {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> is_there{held};
  std::promise<bool> there;
  {
    device_thread thread{[held = std::move(held)] {}};
    thread.run([&](const device_thread::jobs&) { there.set_value(!is_there.expired()); });
    BOOST_CHECK(there.get_future().get());
  }
  BOOST_CHECK(is_there.expired());
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
  thread.run(
      [it = std::move(it), &alone](const device_thread::jobs&) { alone.get_future().wait(); });
  alone.set_value();
  gone.get_future().wait();
}

BOOST_AUTO_TEST_SUITE_END()
