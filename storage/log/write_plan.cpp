#include <stowage/storage/log/write_plan.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <iterator>

namespace stowage {

namespace {

constexpr std::uint64_t zeros_bytes = 64 * limits::kib;

}  // namespace

void write_plan::append(std::vector<device_write>& writes, std::uint64_t offset,
                        shared_bytes bytes) {
  if (bytes.empty()) return;
  const auto length = bytes.size();
  if (!writes.empty() && writes.back().end() == offset) {
    writes.back().length += length;
    writes.back().buffers.push_back(std::move(bytes));
    return;
  }
  device_write w;
  w.offset = offset;
  w.length = length;
  w.buffers.push_back(std::move(bytes));
  writes.push_back(std::move(w));
}

void write_plan::set_superblock(std::uint64_t offset, shared_bytes bytes) {
  superblock_.clear();
  append(superblock_, offset, std::move(bytes));
}

void write_plan::prepare(extent fresh) {
  static const shared_bytes zeros = page_buffer::share(page_buffer{zeros_bytes});
  while (!fresh.empty()) {
    const auto count = std::min(fresh.length, zeros_bytes);
    append(preparations_, fresh.offset, zeros.slice(0, count));
    fresh = {fresh.offset + count, fresh.length - count};
  }
}

void write_plan::seal() {
  std::ranges::sort(values_, {}, &device_write::offset);
  std::vector<device_write> merged;
  merged.reserve(values_.size());
  for (auto& w : values_) {
    if (!merged.empty() && merged.back().end() == w.offset) {
      auto& last = merged.back();
      last.length += w.length;
      std::ranges::move(w.buffers, std::back_inserter(last.buffers));
      continue;
    }
    invariant(merged.empty() || merged.back().end() < w.offset,
              "I1: writes of one plan are disjoint");
    merged.push_back(std::move(w));
  }
  values_ = std::move(merged);

  // The others are few.
  std::vector<extent> others;
  for (const auto* writes : {&preparations_, &records_, &superblock_}) {
    for (const auto& w : *writes) {
      const extent where{w.offset, w.length};
      const auto after = std::ranges::upper_bound(values_, w.offset, {}, &device_write::offset);
      invariant((after == values_.begin() || std::prev(after)->end() <= w.offset) &&
                    (after == values_.end() || w.end() <= after->offset),
                "I1: writes of one plan are disjoint");
      for (const auto& o : others)
        invariant(!where.overlaps(o), "I1: writes of one plan are disjoint");
      others.push_back(where);
    }
  }
}

std::uint64_t write_plan::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto* writes : {&values_, &preparations_, &records_, &superblock_})
    for (const auto& w : *writes) sum += w.length;
  return sum;
}

}  // namespace stowage
