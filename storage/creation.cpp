#include <stowage/storage/creation.hpp>

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/format/layout.hpp>

namespace stowage {

namespace {

constexpr extent first_area{layout::data_start, limits::journal_area_bytes_min};
constexpr extent second_area{first_area.end(), limits::journal_area_bytes_min};
constexpr extent manifest_page{second_area.end(), page_size};
constexpr std::uint64_t file_bytes = manifest_page.end();

}  // namespace

result<void> create_store(block_device& device, const store_identity& identity) {
  if (auto allocated = device.allocate(file_bytes); !allocated) return allocated;

  write_plan plan;
  // Written, not only allocated: a sync over pages that were written before is cheaper.
  plan.add_value(first_area.offset,
                 page_buffer::share(page_buffer{first_area.length + second_area.length}));

  journal_position start;
  start.area = {first_area, identity.area_salts[0]};
  start.offset = first_area.offset;
  start.next = {second_area, identity.area_salts[1]};
  checkpoint_writer empty{{}, start, identity.hash_seed};
  plan.add_value(manifest_page.offset, page_buffer::share(empty.encode_manifest()));

  superblock sb;
  sb.id = identity.id;
  sb.hash_seed = identity.hash_seed;
  sb.ep = epoch{1};
  sb.clean = true;
  sb.min_file_bytes = file_bytes;
  sb.current = empty.finish(manifest_page);
  // Both slots hold a superblock from the beginning, so that one rotten page never costs a new store.
  for (const std::uint64_t g : {1U, 2U}) {
    sb.gen = generation{g};
    plan.add_value(layout::superblock_offset[sb.slot()], page_buffer::share(encode(sb)));
  }
  plan.seal();
  return execute(plan, device);
}

}  // namespace stowage
