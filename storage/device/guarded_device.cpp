#include <stowage/storage/device/guarded_device.hpp>

#include <stowage/storage/core/mutant.hpp>

namespace stowage {

namespace {

constexpr std::uint64_t closing = 1;
constexpr std::uint64_t one_reader = 2;

}  // namespace

void guarded_device::leave() noexcept {
  if (readers_.fetch_sub(one_reader, std::memory_order_acq_rel) == closing + one_reader)
    readers_.notify_all();
}

result<std::size_t> guarded_device::read(std::uint64_t offset, mutable_byte_view out,
                                         read_mode mode) {
  if ((readers_.fetch_add(one_reader, std::memory_order_acq_rel) & closing) != 0) {
    leave();
    return fail(errc::closed);
  }
  struct at_the_end {
    guarded_device* device;
    ~at_the_end() { device->leave(); }
  } const under_way{this};
  return inner_->read(offset, out, mode);
}

result<void> guarded_device::write(std::uint64_t offset, std::span<const byte_view> buffers) {
  return inner_->write(offset, buffers);
}

result<void> guarded_device::sync() { return inner_->sync(); }

result<void> guarded_device::allocate(std::uint64_t size) { return inner_->allocate(size); }

result<void> guarded_device::resize(std::uint64_t size) { return inner_->resize(size); }

void guarded_device::drop_cache() { inner_->drop_cache(); }

std::uint64_t guarded_device::size() const { return inner_->size(); }

result<void> guarded_device::close() {
  for (auto seen = readers_.fetch_or(closing, std::memory_order_acq_rel) | closing;
       seen != closing && !mutant("close-does-not-wait-for-reads");
       seen = readers_.load(std::memory_order_acquire))
    readers_.wait(seen, std::memory_order_acquire);
  return inner_->close();
}

}  // namespace stowage
