#include <stowage/tests/support/store_builder.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/read_block.hpp>

#include <algorithm>
#include <utility>

namespace stowage::test {

result<store_builder> store_builder::open(block_device& device, builder_habits habits) {
  auto recovered = recover(device, store_access::read_write);
  if (!recovered) return std::move(recovered).error();
  return store_builder{device, *std::move(recovered), habits};
}

store_builder::store_builder(block_device& device, recovered_store recovered, builder_habits habits)
    : device_{&device},
      habits_{habits},
      salts_{habits.seed ^ recovered.sb.gen.value << 32U},
      sb_{recovered.sb},
      index_{std::move(recovered.index)},
      areas_{recovered.position, std::move(recovered.kept_areas)},
      space_{std::move(recovered.space)},
      last_version_{recovered.last_version},
      current_checkpoint_{std::move(recovered.current_checkpoint)},
      previous_checkpoint_{std::move(recovered.previous_checkpoint)},
      synced_{recovered.position.last},
      synced_file_bytes_{recovered.sb.min_file_bytes} {}

result<void> store_builder::commit(std::vector<change> changes) {
  std::vector<accepted_op> ops;
  for (auto& c : changes) {
    auto accepted = accept(std::move(c));
    if (!accepted) return std::move(accepted).error();
    ops.push_back(*std::move(accepted));
  }
  const accepted_ops all{std::move(ops)};
  const auto kept = coalesce(all.all());
  auto runs = take_runs(value_pages_bytes(kept));
  if (!runs) return std::move(runs).error();
  write_plan plan;
  const auto group = place_values(kept, *runs, sb_.hash_seed, buffers_, plan);
  const auto record = encode_body(group, buffers_);
  if (auto appended = append(record_kind::group, group.size(), record.body(), plan); !appended)
    return appended;
  if (auto done = carry_out(plan); !done) return done;
  publish(group);
  return {};
}

result<void> store_builder::seal() {
  write_plan plan;
  if (auto appended = append(record_kind::seal, 0, {}, plan); !appended) return appended;
  return carry_out(plan);
}

void store_builder::begin_checkpoint() {
  // R5, and what a root must hold together: the snapshot and the position behind its last record.
  checkpoint_.emplace(checkpoint_under_way{
      checkpoint_writer{index_.snapshot(), areas_.position(), sb_.hash_seed}, {}, std::nullopt});
}

result<void> store_builder::checkpoint() {
  if (!checkpoint_) begin_checkpoint();
  while (checkpoint_) {
    write_plan plan;
    if (auto done = carry_out(plan); !done) return done;
  }
  return {};
}

result<void> store_builder::close() {
  auto fence = next_superblock();
  fence.clean = true;
  checkpoint_.reset();
  write_plan plan;
  plan.set_superblock(layout::superblock_offset[fence.slot()], page_buffer::share(encode(fence)));
  auto done = carry_out(plan);
  if (done) sb_ = fence;
  return done;
}

result<shared_bytes> store_builder::read(std::string_view name) const {
  const auto b = index_.find(name);
  invariant(static_cast<bool>(b), "the block to read is there");
  return read_block(*device_, *b, sb_.hash_seed, 0, b->value_length());
}

std::uint64_t store_builder::free_bytes() const noexcept {
  // A recovery knows nothing of the lease, nor of a spare that no record announces.
  return space_.free_space().free_bytes() + lease_.available() + spare_.where.length;
}

result<accepted_op> store_builder::accept(change c) {
  accepted_op o;
  o.kind = c.kind;
  o.expires_at_ms = c.expires_at_ms;
  o.value = std::move(c.value);
  if (c.kind == op_kind::relocate) {
    const auto b = index_.find(c.name);
    auto value = read(c.name);
    if (!value) return std::move(value).error();
    o.ver = b->ver();
    o.expires_at_ms = b->expires_at_ms();
    o.value = *std::move(value);
  } else {
    o.ver = last_version_ = last_version_.next();
  }
  o.name = std::move(c.name);
  return o;
}

// The one place where a value's space comes from: promised, leased, carved and spent in one go.
result<std::vector<extent>> store_builder::take_runs(std::uint64_t bytes) {
  std::vector<extent> runs;
  if (bytes == 0) return runs;
  if (const auto missing = space_.shortfall(bytes); missing > 0)
    if (auto grown = grow(missing); !grown) return std::move(grown).error();
  invariant(space_.grant(bytes), "the file has grown by what was missing");
  if (lease_.available() < bytes) space_.refill(lease_, bytes - lease_.available());
  for (auto left = bytes; left > 0; left -= runs.back().length) {
    const auto run = lease_.carve(std::min(left, habits_.run_bytes_max));
    runs.push_back(run ? *run : lease_.carve_up_to(std::min(left, habits_.run_bytes_max)));
  }
  space_.spent(bytes);
  return runs;
}

result<extent> store_builder::take_pages(std::uint64_t bytes) {
  auto pages = space_.allocate_contiguous(bytes, bytes);
  if (!pages) {
    if (auto grown = grow(bytes); !grown) return std::move(grown).error();
    pages = space_.allocate_contiguous(bytes, bytes);
  }
  return *pages;
}

result<area_ref> store_builder::take_area(std::uint64_t bytes) {
  auto pages = take_pages(bytes);
  if (!pages) return std::move(pages).error();
  return area_ref{*pages, salts_()};
}

result<void> store_builder::grow(std::uint64_t need) {
  const auto by = habits_.growth_bytes == 0 ? growth_for(space_.file_bytes(), need)
                                            : std::max(habits_.growth_bytes, need);
  const auto bytes = space_.file_bytes() + by;
  if (auto allocated = device_->allocate(bytes); !allocated) return allocated;
  space_.grow(bytes);
  return {};
}

result<void> store_builder::append(record_kind kind, std::size_t op_count, byte_view body,
                                   write_plan& plan) {
  record_parts parts;
  parts.kind = kind;
  parts.op_count = static_cast<std::uint32_t>(op_count);
  const auto larger_bytes = areas_.demand_for(record_bytes_for(body.size())).larger_bytes;
  if (larger_bytes > 0) {
    record_parts announcement;
    announcement.kind = record_kind::seal;
    if (areas_.has_seal_page()) {
      auto larger = take_area(round_up_to_page(larger_bytes));
      if (!larger) return std::move(larger).error();
      replaced_.push_back(areas_.announce_larger(*larger));
      announcement.in_reserved_page = true;
    } else if (spare_.exists()) {
      // The SEAL enters the next area, and what it announces there is the larger one.
      space_.free_extent(std::exchange(spare_, {}).where);
    }
    if (auto sealed = append_one(announcement, {}, larger_bytes, plan); !sealed) return sealed;
  }
  return append_one(parts, body, journal_area_bytes_for(space_.file_bytes()), plan);
}

result<void> store_builder::append_one(const record_parts& wanted, byte_view body,
                                       std::uint64_t spare_bytes, write_plan& plan) {
  auto parts = wanted;
  parts.synced_through = synced_;
  const bool enters_next =
      !parts.in_reserved_page && areas_.demand_for(record_bytes_for(body.size())).spare;
  if (enters_next && !spare_.exists()) {
    auto area = take_area(round_up_to_page(spare_bytes));
    if (!area) return std::move(area).error();
    spare_ = *area;
  }
  append_record({low_half(sb_.id), sb_.hash_seed, sb_.ep}, parts, record_draft{body}, spare_,
                areas_, plan);
  if (enters_next) spare_ = {};
  return {};
}

// The one place where anything is written. A checkpoint's pages and its superblock ride along, never in
// the same plan (R5).
result<void> store_builder::carry_out(write_plan& plan) {
  invariant(!failed_, "nothing is written after a failure");
  invariant(!sb_.clean, "nothing is written after the store was closed");
  std::optional<superblock> written;
  if (checkpoint_ && checkpoint_->finished) {
    written = next_superblock();
    written->previous = std::exchange(written->current, *checkpoint_->finished);
    plan.set_superblock(layout::superblock_offset[written->slot()],
                        page_buffer::share(encode(*written)));
  } else if (checkpoint_) {
    if (auto pages = write_pages(plan); !pages) return pages;
  }
  if (habits_.two_phase) plan.sync_before_records();
  plan.seal();
  if (auto done = execute(plan, *device_); !done) {
    failed_ = true;
    return done;
  }
  synced_ = areas_.position().last;
  synced_file_bytes_ = space_.file_bytes();
  for (const auto& a : std::exchange(replaced_, {})) space_.free_extent(a.where);
  if (written)
    adopt(*written);
  else if (checkpoint_)
    checkpoint_->finished = checkpoint_->writer.finish(checkpoint_->extents.front());
  return {};
}

result<void> store_builder::write_pages(write_plan& plan) {
  auto& [writer, extents, finished] = *checkpoint_;
  const auto write = [&](page_buffer bytes) -> result<extent> {
    auto where = take_pages(bytes.size());
    if (where) plan.add_value(where->offset, page_buffer::share(std::move(bytes)));
    return where;
  };
  while (auto page = writer.next_page()) {
    auto where = write(*std::move(page));
    if (!where) return std::move(where).error();
    writer.page_placed(*where);
    extents.push_back(*where);
  }
  auto where = write(writer.encode_manifest());
  if (!where) return std::move(where).error();
  extents.insert(extents.begin(), *where);
  return {};
}

superblock store_builder::next_superblock() const {
  auto next = sb_;
  next.gen = sb_.gen.next();
  next.fence = synced_;
  next.min_file_bytes = synced_file_bytes_;
  next.version_floor = last_version_;
  return next;
}

// Steps after a group's sync: all its extents are published, then what it supersedes is free (R2).
void store_builder::publish(const std::vector<committed_op>& group) {
  for (const auto& o : group)
    for (const auto& c : o.what->chunks()) space_.publish(c.where);
  for (const auto& o : group)
    index_.apply(o.kind, o.what, 0, [this](const block_ref& b) {
      for (const auto& c : b->chunks()) space_.retire(c.where);
    });
}

// Steps after a superblock's sync: what only the root before the previous one needed is free.
void store_builder::adopt(const superblock& written) {
  sb_ = written;
  for (const auto& e : previous_checkpoint_) space_.free_extent(e);
  previous_checkpoint_ = std::exchange(current_checkpoint_, std::move(checkpoint_->extents));
  checkpoint_.reset();
  for (const auto& a : areas_.release_before(sb_.previous.start.area)) space_.free_extent(a.where);
}

}  // namespace stowage::test
