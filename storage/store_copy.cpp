#include <stowage/storage/store_copy.hpp>

#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/recovery.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

// What is written together: enough for the disk to be busy, little enough to be held in memory.
constexpr std::uint64_t batch_bytes = 8 * limits::mib;
constexpr std::size_t batch_blocks = 16'384;

}  // namespace

result<store_copy> store_copy::begin(block_device& device, const store_identity& identity) {
  if (auto made = create_store(device, identity); !made) return std::move(made).error();
  // What is gone on from is what the next open would find.
  auto empty = recover(device, store_access::read_only);
  if (!empty) return std::move(empty).error();
  return store_copy{device, empty->sb};
}

store_copy::store_copy(block_device& device, const superblock& empty) noexcept
    : device_{&device}, sb_{empty}, end_{device.size()} {
  manifest_.number = sb_.current.start.last;
}

result<void> store_copy::add(const block& original, shared_bytes value) {
  invariant(blocks_ == 0 || last_name_ < original.name(), "blocks are copied in name order");
  invariant(value.size() == original.value_length(), "a value is copied whole");
  last_name_ = original.name();
  newest_ = std::max(newest_, original.ver());
  ++blocks_;
  value_bytes_ += value.size();
  waiting_bytes_ += value.size();
  accepted_op o;
  o.flags = original.flags();
  o.name = last_name_;
  o.ver = original.ver();
  o.expires_at_ms = original.expires_at_ms();
  o.value = std::move(value);
  waiting_.push_back(std::move(o));
  if (waiting_bytes_ < batch_bytes && waiting_.size() < batch_blocks) return {};
  return write_waiting();
}

result<void> store_copy::finish(version floor) {
  if (auto written = write_waiting(); !written) return written;
  write_plan rest;
  if (page_) place_page(rest);
  auto encoded = encode(manifest_);
  root named;
  named.manifest = take(encoded.size());
  named.manifest_sum = checksum(encoded.bytes(), sb_.hash_seed);
  named.entry_count = manifest_.entry_count;
  named.start = sb_.current.start;
  rest.add_value(named.manifest.offset, page_buffer::share(std::move(encoded)));
  if (auto written = carry_out(rest); !written) return written;

  // The root of the empty store is no way back: one rotten page would make this one empty again, unnoticed.
  auto next = sb_;
  next.current = named;
  next.previous = {};
  next.min_file_bytes = end_;
  next.version_floor = std::max(floor, newest_);
  for (int left = 2; left > 0; --left) {
    next.gen = sb_.gen.next();
    write_plan plan;
    plan.set_superblock(layout::superblock_offset[next.slot()],
                        page_buffer::share(encode_successor(sb_, next)));
    if (auto written = carry_out(plan); !written) return written;
    sb_ = next;
  }
  return {};
}

result<void> store_copy::write_waiting() {
  write_plan plan;
  std::vector<extent> runs;
  const accepted_ops waiting{std::exchange(waiting_, {})};
  const auto ops = waiting.all();
  if (const auto bytes = value_pages_bytes(ops); bytes > 0) runs.push_back(take(bytes));
  waiting_bytes_ = 0;
  for (const auto& o : place_values(ops, runs, sb_.hash_seed, buffers_, plan))
    add_entry(o.as_op(), plan);
  return carry_out(plan);
}

void store_copy::add_entry(const op& entry, write_plan& plan) {
  if (page_ && !page_->fits(entry)) place_page(plan);
  if (!page_) page_.emplace(manifest_.pages.size());
  page_->add(entry);
}

// Behind the values at hand: one sequential write for both.
void store_copy::place_page(write_plan& plan) {
  auto bytes = page_->finish();
  checkpoint_page_ref ref;
  ref.where = take(bytes.size());
  ref.entry_count = page_->entry_count();
  ref.first_name = page_->first_name();
  ref.sum = checksum(bytes.bytes(), sb_.hash_seed);
  manifest_.entry_count += ref.entry_count;
  manifest_.pages.push_back(std::move(ref));
  page_.reset();
  plan.add_value(manifest_.pages.back().where.offset, page_buffer::share(std::move(bytes)));
}

extent store_copy::take(std::uint64_t bytes) noexcept {
  const extent taken{end_, bytes};
  end_ += bytes;
  return taken;
}

result<void> store_copy::carry_out(write_plan& plan) {
  if (plan.empty()) return {};
  if (end_ > device_->size())
    if (auto allocated = device_->allocate(end_); !allocated) return allocated;
  plan.seal();
  return execute(plan, *device_);
}

}  // namespace stowage
