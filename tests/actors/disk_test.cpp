// The disk alone, over a device in memory: what comes between the steps of a cut.
#include <stowage/actors/disk.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/log/write_plan.hpp>
#include <stowage/testkit/actor_fixture.hpp>
#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/device_rig.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::testkit;

namespace {

constexpr auto mib = limits::mib;

struct cutting : actor_fixture {
  cutting()
      : rig{std::vector<std::byte>(64 * mib)},
        disk{spawn<disk_impl>(std::shared_ptr<block_device>{rig.open()}, disk_state::thread::shared,
                              disk_metrics{sys.metrics(), "test"})} {}
  cutting(const cutting&) = delete;
  cutting& operator=(const cutting&) = delete;
  // The device goes before what it is of.
  ~cutting() {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(std::exchange(disk, {})),
                        caf::exit_reason::kill);
    run();
  }

  answer<void> cut_to(std::uint64_t bytes) { return ask<void>(disk, shrink_device{bytes}); }
  answer<plan_executed> write_at(std::uint64_t offset) {
    auto plan = std::make_shared<write_plan>();
    plan->add_value(offset, shared_bytes{std::string{"value"}});
    plan->seal();
    return ask<plan_executed>(disk, execute_plan{std::move(plan)});
  }
  /// Until the device was cut for the first time, but not as far as it should be.
  void run_into_the_cut() {
    while (rig.count(device_call::resize) == 0) BOOST_REQUIRE(run_steps(1) > 0);
  }

  device_rig rig;
  disk_actor disk;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_disk)

BOOST_FIXTURE_TEST_CASE(a_cut_takes_small_steps, cutting) {
  auto cut = cut_to(10 * mib);
  run();
  BOOST_TEST(cut.code() == errc::none);
  BOOST_TEST(rig.size() == 10 * mib);
  BOOST_TEST(rig.count(device_call::resize) >= 20U);
  std::uint64_t before = 64 * mib;
  for (const auto& o : rig.trace) {
    if (o.call != device_call::resize) continue;
    BOOST_TEST(o.range.length < before);
    BOOST_TEST(before - o.range.length <= 4 * mib);
    before = o.range.length;
  }
}

BOOST_FIXTURE_TEST_CASE(a_group_does_not_wait_for_a_whole_cut, cutting) {
  auto cut = cut_to(10 * mib);
  run_into_the_cut();
  auto written = write_at(mib);
  while (!written.arrived()) BOOST_REQUIRE(run_steps(1) > 0);
  BOOST_TEST(!cut.arrived());
  BOOST_TEST(rig.size() > 40 * mib);
  // What is durable of the length is what the device has at that moment.
  BOOST_TEST(written->file_bytes <= 64 * mib);
  BOOST_TEST(written->file_bytes >= rig.size());
  run();
  BOOST_TEST(cut.code() == errc::none);
  BOOST_TEST(rig.size() == 10 * mib);
}

BOOST_FIXTURE_TEST_CASE(a_cut_leaves_what_the_file_grows_by_meanwhile, cutting) {
  auto cut = cut_to(10 * mib);
  run_into_the_cut();
  auto grown = ask<void>(disk, grow_device{20 * mib});
  run();
  BOOST_TEST(grown.code() == errc::none);
  BOOST_TEST(cut.code() == errc::none);
  BOOST_TEST(rig.size() == 20 * mib);
}

BOOST_FIXTURE_TEST_CASE(a_file_may_grow_beyond_where_its_cut_has_come, cutting) {
  auto cut = cut_to(10 * mib);
  run_into_the_cut();
  auto grown = ask<void>(disk, grow_device{80 * mib});
  run();
  BOOST_TEST(grown.code() == errc::none);
  BOOST_TEST(cut.code() == errc::none);
  BOOST_TEST(rig.size() == 80 * mib);
}

BOOST_FIXTURE_TEST_CASE(growth_that_fails_does_not_keep_the_file_long, cutting) {
  auto cut = cut_to(10 * mib);
  run_into_the_cut();
  rig.fail_next(device_call::allocate, ENOSPC);
  auto grown = ask<void>(disk, grow_device{80 * mib});
  run();
  BOOST_TEST(grown.code() == errc::no_space);
  BOOST_TEST(cut.code() == errc::none);
  BOOST_TEST(rig.size() == 10 * mib);
}

BOOST_FIXTURE_TEST_CASE(a_step_that_fails_ends_the_cut, cutting) {
  rig.fail_next(device_call::resize, EIO, 3);
  auto cut = cut_to(10 * mib);
  run();
  BOOST_TEST(cut.code() == errc::io_error);
  const auto left = rig.size();
  BOOST_TEST(left > 10 * mib);
  BOOST_TEST(left < 64 * mib);
  // It is not taken up again by itself, and may be asked for again.
  auto written = write_at(mib);
  run();
  BOOST_TEST(written->file_bytes == left);
  auto again = cut_to(10 * mib);
  run();
  BOOST_TEST(again.code() == errc::none);
  BOOST_TEST(rig.size() == 10 * mib);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_cut_once_the_device_is_closed, cutting) {
  auto cut = cut_to(10 * mib);
  run_into_the_cut();
  auto closed = ask<void>(disk, close_device{});
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(cut.code() == errc::closed);
  BOOST_TEST(rig.size() > 10 * mib);
}

BOOST_AUTO_TEST_SUITE_END()
