// The conformance suite: our devices pass it, and for each rule there is a device that breaks it and is caught.
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/testkit/boost_device_conformance.hpp>
#include <stowage/testkit/device_rig.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/testkit/broken_devices.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace stowage;
using namespace stowage::testkit;

namespace {

using device_ptr = std::unique_ptr<block_device>;

// -- devices of ours ----------------------------------------------------------------------------------------

/// A memory device that outlives its closing, as the medium of a test does.
class kept_memory {
 public:
  device_ptr make(std::uint64_t capacity = memory_device::unlimited) {
    auto one = std::make_unique<memory_device>(capacity);
    return std::make_unique<handle>(*this, std::move(one));
  }
  device_ptr reopen() {
    auto one = std::make_unique<memory_device>(image_);
    return std::make_unique<handle>(*this, std::move(one));
  }

 private:
  class handle final : public block_device {
   public:
    handle(kept_memory& keeper, std::unique_ptr<memory_device> one)
        : keeper_{&keeper}, one_{std::move(one)} {}
    ~handle() override { keeper_->image_ = one_->image(); }
    result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
      return one_->read(offset, out, mode);
    }
    result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
      return one_->write(offset, buffers);
    }
    result<void> sync() override { return one_->sync(); }
    result<void> allocate(std::uint64_t size) override { return one_->allocate(size); }
    result<void> resize(std::uint64_t size) override { return one_->resize(size); }
    void drop_cache() override { one_->drop_cache(); }
    [[nodiscard]] std::uint64_t size() const override { return one_->size(); }
    result<void> close() override { return one_->close(); }

   private:
    kept_memory* keeper_;
    std::unique_ptr<memory_device> one_;
  };

  std::vector<std::byte> image_;
};

device_under_test memory() {
  const auto medium = std::make_shared<kept_memory>();
  return {.make = [medium] { return medium->make(); },
          .reopen = [medium] { return medium->reopen(); },
          .make_limited = [medium](std::uint64_t capacity) { return medium->make(capacity); }};
}

device_under_test posix() {
  const auto directory = std::make_shared<test::temporary_directory>();
  const auto open = [directory] {
    auto device = open_posix_device(*directory / "device", open_mode::read_write);
    if (!device) throw std::runtime_error{describe(device.error())};
    return *std::move(device);
  };
  return {.make =
              [directory, open] {
                std::ofstream{*directory / "device", std::ios::trunc}.flush();
                return open();
              },
          .reopen = open};
}

/// The device that a test's store has, with its faults.
device_under_test rig() {
  struct medium {
    std::vector<std::unique_ptr<device_rig>> rigs;
    device_ptr begin(std::vector<std::byte> image,
                     std::uint64_t capacity = memory_device::unlimited) {
      rigs.push_back(std::make_unique<device_rig>(std::move(image), capacity, rigs.size() + 1));
      return rigs.back()->open();
    }
  };
  const auto m = std::make_shared<medium>();
  return {.make = [m] { return m->begin({}); },
          .reopen = [m] { return m->begin(m->rigs.back()->image()); },
          .after_power_loss = [m] { return m->begin(m->rigs.back()->image_after_power_loss()); },
          .make_limited = [m](std::uint64_t capacity) { return m->begin({}, capacity); },
          .make_failing =
              [m](device_call call, int os_error, std::function<void()>& arm) {
                auto one = m->begin({});
                arm = [m, call, os_error] { m->rigs.back()->fail_next(call, os_error); };
                return one;
              }};
}

/// A device above the memory of `memory()`.
template <class Decorate>
device_under_test decorated(Decorate decorate) {
  auto below = memory();
  return {.make = [=] { return decorate(below.make(), fault_plan{}); },
          .reopen = [=] { return decorate(below.reopen(), fault_plan{}); },
          .make_limited =
              [=](std::uint64_t capacity) {
                return decorate(below.make_limited(capacity), fault_plan{});
              },
          .make_failing =
              [=](device_call call, int os_error, std::function<void()>& arm) {
                // It is known beforehand what the check does until then: an allocate, a write and a sync.
                arm = [] {};
                const bool is_first = call == device_call::read || call == device_call::resize;
                fault_plan plan;
                plan.script = {{call, is_first ? 1U : 2U, os_error}};
                return decorate(below.make(), plan);
              }};
}

device_under_test faulty() {
  return decorated([](device_ptr inner, fault_plan plan) -> device_ptr {
    return std::make_unique<faulty_device>(std::move(inner), std::move(plan));
  });
}
device_under_test latched() {
  return decorated([](device_ptr inner, fault_plan plan) -> device_ptr {
    return std::make_unique<latched_device>(
        std::make_unique<faulty_device>(std::move(inner), std::move(plan)));
  });
}
device_under_test tracing() {
  return decorated([](device_ptr inner, fault_plan plan) -> device_ptr {
    return std::make_unique<tracing_device>(
        std::make_unique<faulty_device>(std::move(inner), std::move(plan)),
        [](const device_operation&) {}, tracing_device::payloads::keep);
  });
}

/// Without a latch above it: there no failure is ever followed by a success.
device_under_test sound_for(std::string_view check) {
  return check == "a_failed_sync_is_told" ? faulty() : rig();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_conformance)

STOWAGE_DEVICE_CONFORMANCE(memory_device_conforms, memory())
STOWAGE_DEVICE_CONFORMANCE(posix_device_conforms, posix())
STOWAGE_DEVICE_CONFORMANCE(device_rig_conforms, rig())
STOWAGE_DEVICE_CONFORMANCE(faulty_device_conforms, faulty())
STOWAGE_DEVICE_CONFORMANCE(latched_device_conforms, latched())
STOWAGE_DEVICE_CONFORMANCE(tracing_device_conforms, tracing())

BOOST_DATA_TEST_CASE(a_device_that_breaks_a_rule_is_caught, data::make(offenders())) {
  const auto device = with(sound_for(sample.check), sample.breaks());
  BOOST_CHECK_EXCEPTION((void)check_device(sample.check, device), not_conforming,
                        [&](const not_conforming& why) {
                          const std::string_view text = why.what();
                          BOOST_TEST_INFO(text);
                          BOOST_TEST(text.find(sample.says) != std::string_view::npos);
                          BOOST_TEST(text.find("; the rule: ") != std::string_view::npos);
                          return true;
                        });
}

BOOST_AUTO_TEST_CASE(each_check_is_seen_to_fail_and_can_be_registered) {
  std::vector<std::string_view> registered{
#define STOWAGE_NAME(name) #name,
      STOWAGE_DEVICE_CONFORMANCE_NAMES(STOWAGE_NAME)
#undef STOWAGE_NAME
  };
  std::vector<std::string_view> all;
  for (const auto& check : device_conformance_checks()) {
    all.push_back(check.name);
    BOOST_TEST(
        std::ranges::any_of(offenders(), [&](const auto& o) { return check.name == o.check; }),
        check.name << " has no device that breaks it");
    BOOST_TEST(!check.rule.empty());
  }
  BOOST_TEST(registered == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_device_cannot_be_made_to_do_is_not_tried) {
  device_under_test least;
  least.make = [] { return std::make_unique<memory_device>(); };
  std::size_t not_tried = 0;
  for (const auto& check : device_conformance_checks())
    not_tried += check.run(least) == conformance::not_tried ? 1 : 0;
  BOOST_TEST(not_tried == 8U);
  BOOST_CHECK_THROW((void)check_device("is_fast", least), misuse);
}

BOOST_AUTO_TEST_SUITE_END()
