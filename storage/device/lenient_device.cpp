#include <stowage/storage/device/lenient_device.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

failure refusal() { return fail(errc::read_only, "what is left of a store is only read"); }

}  // namespace

std::optional<failure> lenient_device::first_failure() const {
  const std::lock_guard lock{mutex_};
  return first_;
}

std::uint64_t lenient_device::failed_reads() const {
  const std::lock_guard lock{mutex_};
  return failed_;
}

void lenient_device::remember(failure why) {
  const std::lock_guard lock{mutex_};
  ++failed_;
  if (!first_) first_ = std::move(why);
}

result<std::size_t> lenient_device::read(std::uint64_t offset, mutable_byte_view out,
                                         read_mode mode) {
  if (auto got = below_->read(offset, out, mode)) return got;
  std::size_t done = 0;
  while (done < out.size()) {
    const auto at = offset + done;
    if (at >= below_->size()) break;
    const auto page_end = round_down(at, page_size) + page_size;
    const auto wanted =
        out.subspan(done, std::min<std::uint64_t>(page_end - at, out.size() - done));
    auto got = below_->read(at, wanted, mode);
    if (!got) {
      remember(std::move(got).error());
      std::ranges::fill(wanted, std::byte{});
    }
    done += std::min<std::uint64_t>(wanted.size(), below_->size() - at);
  }
  return done;
}

result<void> lenient_device::write(std::uint64_t, std::span<const byte_view>) { return refusal(); }

result<void> lenient_device::sync() { return refusal(); }

result<void> lenient_device::allocate(std::uint64_t) { return refusal(); }

result<void> lenient_device::resize(std::uint64_t) { return refusal(); }

void lenient_device::drop_cache() { below_->drop_cache(); }

std::uint64_t lenient_device::size() const { return below_->size(); }

result<void> lenient_device::close() { return below_->close(); }

}  // namespace stowage
