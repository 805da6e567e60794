// What the simulation takes for a power loss: from that moment on nothing happens to the device.
#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(power_loss)

// The disk went on with a plan that it had been sent, on a file that the power loss had made short again
// (stowage-sim --seed 5000059): a write beyond the end of the device.
BOOST_AUTO_TEST_CASE(no_plan_that_is_on_its_way_is_carried_out_afterwards) {
  std::size_t between_growth_and_write = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      store_fixture f;
      f.det.shuffle(seed);
      f.fault_seed = seed;
      f.open();
      auto done = f.put("k", pattern(3 << 20), durability::durable);
      while (f.rig->count(device_call::allocate) == 0) BOOST_REQUIRE(f.det.step());
      (void)f.det.run_steps(seed % 12);
      if (f.rig->count(device_call::write) == 0) ++between_growth_and_write;
      f.crash();
      BOOST_TEST(f.take_broken_actors().empty());
      BOOST_TEST(done.arrived());
    }
  }
  BOOST_TEST(between_growth_and_write > 0U);
}

BOOST_AUTO_TEST_CASE(the_device_does_nothing_afterwards) {
  store_fixture f;
  f.open();
  (void)f.put_durable("there");
  auto written = f.put("k", pattern(3 << 20), durability::durable);
  auto read = f.get("there");
  const auto left = f.rig->image_after_power_loss();
  // The process goes on, as it does not after a real one.
  f.det.go_on();
  f.run();
  BOOST_TEST(!written.get().ok());
  BOOST_TEST(read.code() == errc::io_error);
  BOOST_TEST((f.rig->image() == left));
}

BOOST_AUTO_TEST_SUITE_END()
