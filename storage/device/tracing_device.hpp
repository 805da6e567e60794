// A block device that tells a sink about every call.
//
// Contract: the sink sees each call after it was made, with its outcome, in the order in which the
// calls returned; never two at a time. It may not call the device.
// Concurrency: as `block_device`; the sink runs on the thread of the call.
// Limits: `size` is not traced. Payloads are copied only when asked for.
#pragma once

#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/device_call.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace stowage {

struct device_operation {
  device_call call = device_call::read;
  /// Where a read or write was; length is what was asked for. For allocate and resize, {0, new size}.
  extent range;
  /// Of a read.
  read_mode mode = read_mode::cached;
  /// Of a read: the bytes that were there.
  std::size_t bytes_read = 0;
  /// Of a write, when payloads are kept: its buffers in one piece, whatever the outcome.
  shared_bytes payload;
  std::optional<failure> error;
};

class tracing_device final : public block_device {
 public:
  using sink = std::function<void(const device_operation&)>;
  enum class payloads : std::uint8_t { skip, keep };

  tracing_device(std::unique_ptr<block_device> inner, sink told, payloads kept = payloads::skip)
      : inner_{std::move(inner)}, sink_{std::move(told)}, payloads_{kept} {}

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  result<void> tell(device_operation operation, result<void> outcome);

  const std::unique_ptr<block_device> inner_;
  const sink sink_;
  const payloads payloads_;
  std::mutex mutex_;
};

}  // namespace stowage
