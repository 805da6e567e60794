#include <stowage/storage/device/tracing_device.hpp>

namespace stowage {

namespace {

shared_bytes joined(std::span<const byte_view> buffers) {
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<std::size_t>(total_bytes(buffers)));
  for (const auto& b : buffers) bytes.insert(bytes.end(), b.begin(), b.end());
  return shared_bytes{std::move(bytes)};
}

device_operation operation_of(device_call call, extent range = {}) {
  device_operation operation;
  operation.call = call;
  operation.range = range;
  return operation;
}

}  // namespace

result<std::size_t> tracing_device::read(std::uint64_t offset, mutable_byte_view out,
                                         read_mode mode) {
  auto operation = operation_of(device_call::read, {offset, out.size()});
  operation.mode = mode;
  auto got = inner_->read(offset, out, mode);
  if (!got) {
    (void)tell(std::move(operation), got.error());
    return got;
  }
  operation.bytes_read = *got;
  (void)tell(std::move(operation), {});
  return got;
}

result<void> tracing_device::write(std::uint64_t offset, std::span<const byte_view> buffers) {
  auto operation = operation_of(device_call::write, {offset, total_bytes(buffers)});
  if (payloads_ == payloads::keep) operation.payload = joined(buffers);
  return tell(std::move(operation), inner_->write(offset, buffers));
}

result<void> tracing_device::sync() {
  return tell(operation_of(device_call::sync), inner_->sync());
}

result<void> tracing_device::allocate(std::uint64_t size) {
  return tell(operation_of(device_call::allocate, {0, size}), inner_->allocate(size));
}

result<void> tracing_device::resize(std::uint64_t size) {
  return tell(operation_of(device_call::resize, {0, size}), inner_->resize(size));
}

void tracing_device::drop_cache() {
  inner_->drop_cache();
  (void)tell(operation_of(device_call::drop_cache), {});
}

std::uint64_t tracing_device::size() const { return inner_->size(); }

result<void> tracing_device::close() {
  return tell(operation_of(device_call::close), inner_->close());
}

result<void> tracing_device::tell(device_operation operation, result<void> outcome) {
  if (!outcome) operation.error = outcome.error();
  const std::lock_guard lock{mutex_};
  sink_(operation);
  return outcome;
}

}  // namespace stowage
