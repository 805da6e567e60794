#include <stowage/storage/device/block_device.hpp>

namespace stowage {

result<void> read_exactly(block_device& device, std::uint64_t offset, mutable_byte_view out,
                          read_mode mode) {
  auto got = device.read(offset, out, mode);
  if (!got) return std::move(got).error();
  if (*got != out.size())
    return fail_at(errc::corrupt, offset + *got, "truncated: the file ends here");
  return {};
}

}  // namespace stowage
