#include <stowage/storage/superblock_slots.hpp>

#include <stowage/storage/format/layout.hpp>

#include <utility>

namespace stowage {

result<superblock_slots> read_superblock_slots(block_device& device) {
  superblock_slots slots;
  for (std::size_t i = 0; i < slots.pages.size(); ++i) {
    slots.pages[i] = page_buffer{layout::superblock_bytes};
    auto got = device.read(layout::superblock_offset[i], slots.pages[i].bytes(), read_mode::direct);
    if (!got) return std::move(got).error();
    slots.lengths[i] = *got;
  }
  return slots;
}

}  // namespace stowage
