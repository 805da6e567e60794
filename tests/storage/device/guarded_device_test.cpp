#include <stowage/storage/device/guarded_device.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

/// Tells when a read has begun, and lets it go on when it is told to.
class slow_device final : public block_device {
 public:
  result<std::size_t> read(std::uint64_t, mutable_byte_view out, read_mode) override {
    if (throws) throw std::runtime_error{"a read"};
    ++began;
    began.notify_all();
    go_on.wait(false);
    if (is_closed) ++reads_after_close;
    return out.size();
  }
  result<void> write(std::uint64_t, std::span<const byte_view>) override { return {}; }
  result<void> sync() override { return {}; }
  result<void> allocate(std::uint64_t) override { return {}; }
  result<void> resize(std::uint64_t) override { return {}; }
  void drop_cache() override {}
  [[nodiscard]] std::uint64_t size() const override { return 0; }
  result<void> close() override {
    is_closed = true;
    return {};
  }

  std::atomic<int> began{0};
  std::atomic<bool> go_on{false};
  std::atomic<bool> is_closed{false};
  std::atomic<int> reads_after_close{0};
  bool throws = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(guarded_devices)

BOOST_AUTO_TEST_CASE(passes_everything_on) {
  auto memory = std::make_unique<memory_device>();
  auto* inner = memory.get();
  guarded_device device{std::move(memory)};
  BOOST_TEST(device.allocate(8192).ok());
  BOOST_TEST(write_text(device, 100, "text").ok());
  BOOST_TEST(device.sync().ok());
  device.drop_cache();
  BOOST_TEST(read_text(device, 100, 4) == "text");
  BOOST_TEST(device.resize(4096).ok());
  BOOST_TEST(device.size() == 4096U);
  BOOST_TEST(device.close().ok());
  BOOST_TEST(inner->image().size() == 4096U);
}

BOOST_AUTO_TEST_CASE(failures_are_those_of_the_device) {
  guarded_device device{
      std::make_unique<faulty_device>(std::make_unique<memory_device>(std::vector<std::byte>(100)),
                                      fault_plan{.script = {{device_call::read, 1, EIO, false},
                                                            {device_call::write, 1, EIO, false},
                                                            {device_call::sync, 1, EIO, false}}})};
  std::vector<std::byte> out(10);
  BOOST_TEST(code_of(device.read(0, out, read_mode::cached)) == errc::io_error);
  BOOST_TEST(code_of(device.read(0, out, read_mode::cached)) == errc::none);
  BOOST_TEST(code_of(write_text(device, 0, "x")) == errc::io_error);
  BOOST_TEST(code_of(device.sync()) == errc::io_error);
}

BOOST_AUTO_TEST_CASE(after_close_a_read_is_refused) {
  guarded_device device{std::make_unique<memory_device>(std::vector<std::byte>(100))};
  BOOST_REQUIRE(device.close().ok());
  std::vector<std::byte> out(10);
  for (int again = 0; again < 2; ++again)
    BOOST_TEST(code_of(device.read(0, out, read_mode::direct)) == errc::closed);
}

BOOST_AUTO_TEST_CASE(close_waits_for_the_reads_under_way) {
  auto slow = std::make_unique<slow_device>();
  auto* inner = slow.get();
  guarded_device device{std::move(slow)};
  std::vector<std::future<errc>> reads;
  for (int i = 1; i <= 3; ++i) {
    reads.push_back(std::async(std::launch::async, [&] {
      std::vector<std::byte> out(10);
      return code_of(device.read(0, out, read_mode::cached));
    }));
    for (int began = inner->began; began < i; began = inner->began) inner->began.wait(began);
  }
  auto closed = std::async(std::launch::async, [&] { return code_of(device.close()); });
  // Until it has begun, reads begin as well, and wait with the others.
  std::vector<std::byte> out(10);
  std::vector<std::future<errc>> more;
  errc seen = errc::none;
  while (seen != errc::closed) {
    const auto began = inner->began.load();
    more.push_back(std::async(std::launch::async, [&] {
      std::vector<std::byte> late(10);
      return code_of(device.read(0, late, read_mode::cached));
    }));
    while (inner->began == began &&
           more.back().wait_for(std::chrono::seconds{0}) != std::future_status::ready)
      std::this_thread::yield();
    if (inner->began == began) seen = more.back().get();
    if (seen == errc::closed) more.pop_back();
  }
  BOOST_TEST(!inner->is_closed);
  inner->go_on = true;
  inner->go_on.notify_all();
  for (auto& r : reads) BOOST_TEST(r.get() == errc::none);
  for (auto& r : more) BOOST_TEST(r.get() == errc::none);
  BOOST_TEST(closed.get() == errc::none);
  BOOST_TEST(inner->is_closed);
  BOOST_TEST(inner->reads_after_close == 0);
}

BOOST_AUTO_TEST_CASE(a_read_that_throws_is_over) {
  auto slow = std::make_unique<slow_device>();
  slow->throws = true;
  guarded_device device{std::move(slow)};
  std::vector<std::byte> out(10);
  BOOST_CHECK_THROW((void)device.read(0, out, read_mode::cached), std::runtime_error);
  BOOST_TEST(device.close().ok());
}

BOOST_AUTO_TEST_SUITE_END()
