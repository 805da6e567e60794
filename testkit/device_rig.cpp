#include <stowage/testkit/device_rig.hpp>

#include <stowage/storage/device/latched_device.hpp>

#include <algorithm>
#include <utility>

namespace stowage::testkit {

namespace {

constexpr const char* no_power = "the power is lost";

bool changes_the_device(device_call call) {
  return call == device_call::write || call == device_call::sync || call == device_call::allocate ||
         call == device_call::resize;
}

}  // namespace

/// Where faults come in, on the way to the device that can lose its power.
class device_rig::gate final : public block_device {
 public:
  explicit gate(device_rig& rig) : rig_{&rig}, inner_{rig.faulty_.get()} {}

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    if (auto fault = rig_->enter(device_call::read, offset)) return *std::move(fault);
    return inner_->read(offset, out, mode);
  }
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    const auto does = [&] {
      if (rig_->watch_write) rig_->watch_write(buffers);
      return inner_->write(offset, buffers);
    };
    return change(device_call::write, does, offset);
  }
  result<void> sync() override {
    return change(device_call::sync, [&]() -> result<void> {
      // One that the power loss interrupts has saved nothing for certain.
      if (!rig_->has_power_) return {};
      return inner_->sync();
    });
  }
  result<void> allocate(std::uint64_t size) override {
    return change(device_call::allocate, [&] { return inner_->allocate(size); });
  }
  result<void> resize(std::uint64_t size) override {
    return change(device_call::resize, [&] { return inner_->resize(size); });
  }
  void drop_cache() override {
    if (rig_->has_power_) inner_->drop_cache();
  }
  [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
  result<void> close() override {
    if (auto fault = rig_->enter(device_call::close)) return *std::move(fault);
    rig_->closed_ = true;
    return inner_->close();
  }

 private:
  template <class F>
  result<void> change(device_call call, F does, std::optional<std::uint64_t> offset = {}) {
    if (auto fault = rig_->enter(call, offset)) return *std::move(fault);
    if (!rig_->loses_power_during(call)) return does();
    rig_->has_power_ = false;
    // Whether it has come about by then is up to what the power loss leaves.
    (void)does();
    if (rig_->on_power_loss) rig_->on_power_loss();
    return fail(errc::io_error, no_power);
  }

  device_rig* rig_;
  block_device* inner_;
};

device_rig::device_rig(std::vector<std::byte> image, std::uint64_t capacity, std::uint64_t seed) {
  auto memory = std::make_unique<memory_device>(std::move(image), capacity);
  memory_ = memory.get();
  fault_plan plan;
  plan.seed = seed;
  faulty_ = std::make_unique<faulty_device>(std::move(memory), plan);
}

std::unique_ptr<block_device> device_rig::open() {
  auto traced = std::make_unique<tracing_device>(
      std::make_unique<gate>(*this),
      [this](device_operation operation) {
        traced_operation told{std::move(operation)};
        told.only_zeros =
            std::ranges::all_of(told.payload.view(), [](std::byte b) { return b == std::byte{0}; });
        told.sum = checksum(told.payload.view(), 0);
        told.payload = {};
        trace.push_back(std::move(told));
      },
      tracing_device::payloads::keep);
  return std::make_unique<latched_device>(std::move(traced));
}

void device_rig::fail_next(device_call call, int os_error, std::uint64_t nth) {
  auto why = fail(os_error == ENOSPC ? errc::no_space : errc::io_error, "injected fault");
  why.os_error = os_error;
  faults_[call] = {nth, std::move(why)};
}

void device_rig::crash_after(std::uint64_t calls) { calls_until_crash_ = calls; }

void device_rig::flip_byte(std::uint64_t offset) {
  std::byte b{};
  (void)memory_->read(offset, {&b, 1}, read_mode::cached);
  b ^= std::byte{1};
  const byte_view bytes{&b, 1};
  (void)memory_->write(offset, {&bytes, 1});
}

std::vector<std::string> device_rig::faults_to_come() const {
  std::vector<std::string> all;
  for (const auto& [call, fault] : faults_)
    all.push_back("fail_next_" + std::string{name_of(call)} + " (" +
                  std::to_string(fault.in_calls) + " calls from now)");
  if (calls_until_crash_)
    all.push_back("crash_after (" + std::to_string(*calls_until_crash_) + " calls are left)");
  return all;
}

void device_rig::forget_faults() {
  faults_.clear();
  calls_until_crash_.reset();
}

void device_rig::meanwhile(device_call call, std::function<void()> what) {
  meanwhile_[call] = std::move(what);
}

std::vector<std::byte> device_rig::synced_image() const {
  auto bytes = memory_->image();
  faulty_->take_back_unsynced(bytes);
  return bytes;
}

std::vector<std::byte> device_rig::image_after_power_loss() {
  faulty_->lose_power();
  has_power_ = false;
  return image();
}

std::uint64_t device_rig::count(device_call call) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(trace, [&](const auto& o) { return o.call == call; }));
}

std::optional<failure> device_rig::enter(device_call call, std::optional<std::uint64_t> offset) {
  if (!has_power_) return fail(errc::io_error, no_power);
  if (auto what = std::exchange(meanwhile_[call], {})) what();
  const auto found = faults_.find(call);
  if (found == faults_.end() || --found->second.in_calls > 0) return std::nullopt;
  auto why = std::move(found->second.why);
  faults_.erase(found);
  why.offset = offset;
  return why;
}

bool device_rig::loses_power_during(device_call call) {
  if (!calls_until_crash_ || !changes_the_device(call)) return false;
  if ((*calls_until_crash_)-- > 0) return false;
  calls_until_crash_.reset();
  return true;
}

}  // namespace stowage::testkit
