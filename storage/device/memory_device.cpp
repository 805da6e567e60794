#include <stowage/storage/device/device_call.hpp>
#include <stowage/storage/device/memory_device.hpp>

#include <algorithm>
#include <string>

namespace stowage {

std::vector<std::byte> memory_device::image() const {
  const std::lock_guard lock{mutex_};
  return image_;
}

result<std::size_t> memory_device::read(std::uint64_t offset, mutable_byte_view out, read_mode) {
  const auto lock = enter();
  if (offset >= image_.size()) return std::size_t{0};
  const auto there = byte_view{image_}.subspan(static_cast<std::size_t>(offset));
  const auto part = there.first(std::min(there.size(), out.size()));
  std::copy(part.begin(), part.end(), out.begin());
  return part.size();
}

result<void> memory_device::write(std::uint64_t offset, std::span<const byte_view> buffers) {
  const auto lock = enter();
  const auto total = total_bytes(buffers);
  invariant(offset <= image_.size() && total <= image_.size() - offset,
            "a write beyond the end of the device");
  auto at = image_.begin() + static_cast<std::ptrdiff_t>(offset);
  for (const auto& b : buffers) at = std::copy(b.begin(), b.end(), at);
  return {};
}

result<void> memory_device::sync() {
  const auto lock = enter();
  return {};
}

result<void> memory_device::allocate(std::uint64_t size) {
  const auto lock = enter();
  if (size <= image_.size()) return {};
  if (size > capacity_)
    return fail(errc::no_space, "the capacity is " + std::to_string(capacity_) + " bytes");
  image_.resize(static_cast<std::size_t>(size));
  return {};
}

result<void> memory_device::resize(std::uint64_t size) {
  const auto lock = enter();
  invariant(size <= image_.size(), "a resize that grows the device");
  image_.resize(static_cast<std::size_t>(size));
  return {};
}

void memory_device::drop_cache() { const auto lock = enter(); }

std::uint64_t memory_device::size() const {
  const auto lock = enter();
  return image_.size();
}

result<void> memory_device::close() {
  const auto lock = enter();
  closed_ = true;
  return {};
}

std::unique_lock<std::mutex> memory_device::enter() const {
  std::unique_lock lock{mutex_};
  invariant(!closed_, "a call to a closed device");
  return lock;
}

}  // namespace stowage
