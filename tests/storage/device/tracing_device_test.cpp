#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <thread>

using namespace stowage;
using namespace stowage::test;

namespace {

struct traced {
  std::vector<device_operation> operations;
  tracing_device device;

  explicit traced(tracing_device::payloads payloads, fault_plan plan = {})
      : device{std::make_unique<faulty_device>(std::make_unique<memory_device>(), std::move(plan)),
               [this](const device_operation& operation) { operations.push_back(operation); },
               payloads} {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tracing_devices)

BOOST_AUTO_TEST_CASE(every_call_is_told_in_order) {
  traced t{tracing_device::payloads::keep};
  BOOST_TEST(code_of(t.device.allocate(100)) == errc::none);
  const std::array buffers{as_bytes("two "), as_bytes("parts")};
  BOOST_TEST(code_of(t.device.write(10, buffers)) == errc::none);
  BOOST_TEST(code_of(t.device.sync()) == errc::none);
  BOOST_TEST(code_of(t.device.resize(50)) == errc::none);
  BOOST_TEST(read_text(t.device, 10, 500, read_mode::direct).size() == 40U);
  t.device.drop_cache();
  BOOST_TEST(t.device.size() == 50U);
  BOOST_TEST(code_of(t.device.close()) == errc::none);

  BOOST_REQUIRE(t.operations.size() == 7U);
  const std::array calls{device_call::allocate, device_call::write, device_call::sync,
                         device_call::resize,   device_call::read,  device_call::drop_cache,
                         device_call::close};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    BOOST_TEST((t.operations[i].call == calls[i]));
    BOOST_TEST(!t.operations[i].error);
  }
  BOOST_TEST((t.operations[0].range == extent{0, 100}));
  BOOST_TEST((t.operations[1].range == extent{10, 9}));
  BOOST_TEST(t.operations[1].payload.text() == "two parts");
  BOOST_TEST((t.operations[3].range == extent{0, 50}));
  BOOST_TEST((t.operations[4].range == extent{10, 500}));
  BOOST_TEST((t.operations[4].mode == read_mode::direct));
  BOOST_TEST(t.operations[4].bytes_read == 40U);
}

BOOST_AUTO_TEST_CASE(failures_are_told_and_handed_on) {
  fault_plan plan;
  plan.script = {{device_call::read, 1, EIO},
                 {device_call::write, 1, EIO},
                 {device_call::sync, 1, EIO},
                 {device_call::allocate, 2, ENOSPC},
                 {device_call::resize, 1, EIO}};
  traced t{tracing_device::payloads::keep, plan};
  BOOST_TEST(code_of(t.device.allocate(100)) == errc::none);
  std::byte byte{};
  const auto read = t.device.read(3, {&byte, 1}, read_mode::cached);
  BOOST_TEST(code_of(read) == errc::io_error);
  BOOST_TEST(code_of(write_text(t.device, 0, "lost")) == errc::io_error);
  BOOST_TEST(code_of(t.device.sync()) == errc::io_error);
  BOOST_TEST(code_of(t.device.allocate(200)) == errc::no_space);
  BOOST_TEST(code_of(t.device.resize(1)) == errc::io_error);

  BOOST_REQUIRE(t.operations.size() == 6U);
  BOOST_TEST((t.operations[1].error == read.error()));
  for (std::size_t i = 1; i < 6; ++i) BOOST_TEST(t.operations[i].error.has_value());
  BOOST_TEST(t.operations[2].payload.text() == "lost");
}

BOOST_AUTO_TEST_CASE(payloads_are_copied_only_when_asked_for) {
  traced t{tracing_device::payloads::skip};
  BOOST_TEST(code_of(t.device.allocate(100)) == errc::none);
  BOOST_TEST(code_of(write_text(t.device, 0, "text")) == errc::none);
  BOOST_TEST(t.operations[1].payload.empty());
  BOOST_TEST((t.operations[1].range == extent{0, 4}));
}

BOOST_AUTO_TEST_CASE(readers_on_several_threads_are_told_one_at_a_time) {
  traced t{tracing_device::payloads::skip};
  BOOST_TEST(code_of(t.device.allocate(100)) == errc::none);
  const auto reads = [&] {
    std::byte byte{};
    for (int i = 0; i < 1000; ++i) (void)t.device.read(0, {&byte, 1}, read_mode::cached);
  };
  std::thread other{reads};
  reads();
  other.join();
  BOOST_TEST(t.operations.size() == 2001U);
}

BOOST_AUTO_TEST_SUITE_END()
