#include <stowage/storage/execute_plan.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

using calls = std::vector<std::string>;

/// A plan of all there can be, the values out of order.
write_plan whole_plan(bool two_phase) {
  write_plan plan;
  plan.add_value(500, shared_bytes{std::string{"second value"}});
  plan.add_value(100, shared_bytes{std::string{"value"}});
  plan.prepare({600, 10});
  plan.add_record(700, shared_bytes{std::string{"record"}});
  plan.set_superblock(0, shared_bytes{std::string{"superblock"}});
  if (two_phase) plan.sync_before_records();
  plan.seal();
  return plan;
}

struct execution {
  calls done;
  result<void> outcome;
};

/// Carries the plan out on a device with these faults.
execution execute_with(bool two_phase, std::vector<scripted_fault> faults) {
  execution e;
  tracing_device device{
      std::make_unique<faulty_device>(std::make_unique<memory_device>(std::vector<std::byte>(1000)),
                                      fault_plan{.script = std::move(faults)}),
      [&](const device_operation& o) {
        auto what = std::string{name_of(o.call)};
        if (o.call == device_call::write) what += " " + std::to_string(o.range.offset);
        e.done.push_back(what);
      }};
  e.outcome = execute(whole_plan(two_phase), device);
  return e;
}

const calls one_phase_calls{"write 100", "write 500", "write 600", "write 700", "write 0", "sync"};
const calls two_phase_calls{"write 100", "write 500", "sync", "write 600",
                            "write 700", "write 0",   "sync"};

void check_calls(const calls& done, const calls& expected) {
  BOOST_CHECK_EQUAL_COLLECTIONS(done.begin(), done.end(), expected.begin(), expected.end());
}

/// Every call of the plan fails once: what fails is answered, and nothing is done after it.
void check_each_failure_ends_it(bool two_phase, const calls& all) {
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_sync = all[i] == "sync";
    const auto nth = is_sync ? ++syncs : ++writes;
    const auto e = execute_with(
        two_phase, {{is_sync ? device_call::sync : device_call::write, nth, ENXIO, false}});
    BOOST_TEST_CONTEXT("failing call " << i << ", " << all[i]) {
      BOOST_TEST(code_of(e.outcome) == errc::io_error);
      BOOST_TEST(e.outcome.error().os_error == ENXIO);
      check_calls(e.done, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i) + 1});
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(execution_of_plans)

BOOST_AUTO_TEST_CASE(values_then_records_then_the_superblock_then_one_sync) {
  const auto e = execute_with(false, {});
  BOOST_TEST(e.outcome.ok());
  check_calls(e.done, one_phase_calls);
}

BOOST_AUTO_TEST_CASE(two_phase_syncs_the_values_first) {
  const auto e = execute_with(true, {});
  BOOST_TEST(e.outcome.ok());
  check_calls(e.done, two_phase_calls);
}

BOOST_AUTO_TEST_CASE(the_first_failure_ends_it) {
  check_each_failure_ends_it(false, one_phase_calls);
}

BOOST_AUTO_TEST_CASE(the_first_failure_ends_a_two_phase_plan) {
  check_each_failure_ends_it(true, two_phase_calls);
}

BOOST_AUTO_TEST_SUITE_END()
