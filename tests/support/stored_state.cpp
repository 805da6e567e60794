#include <stowage/tests/support/stored_state.hpp>

#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/tests/support/stamped_value.hpp>

#include <utility>

namespace stowage::test {

namespace {

result<stored_state> state_of(const std::string& path, open_mode mode, store_access access) {
  auto device = open_posix_device(path, mode);
  if (!device) return std::move(device).error();
  auto recovered = recover(**device, access);
  if (!recovered) return std::move(recovered).error();
  if (recovered->damage) return *recovered->damage;
  if (recovered->used_previous_root) return *recovered->used_previous_root;
  if (recovered->superblock_slot_damaged) return fail(errc::corrupt, "a superblock slot");

  stored_state out;
  out.gen = recovered->sb.gen;
  out.was_clean = recovered->was_clean;
  out.dropped = recovered->dropped;
  std::optional<failure> broken;
  recovered->index.for_each_from({}, [&](const block_ref& b) {
    auto value = read_block(**device, *b, recovered->sb.hash_seed, 0, UINT64_MAX);
    if (!value) {
      broken = value.error();
      return false;
    }
    auto stamp = stamp_of(value->text());
    out.blocks[std::string{b->name()}] = {
        b->ver(), stamp ? std::move(*stamp) : "nobody's+" + std::to_string(value->size())};
    return true;
  });
  if (broken) return *broken;
  return out;
}

}  // namespace

result<stored_state> read_stored_state(const std::string& path) {
  return state_of(path, open_mode::read_only, store_access::read_only);
}

result<stored_state> recover_stored_state(const std::string& path) {
  return state_of(path, open_mode::read_write, store_access::read_write);
}

}  // namespace stowage::test
