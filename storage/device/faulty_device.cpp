#include <stowage/storage/device/faulty_device.hpp>

#include <algorithm>

namespace stowage {

namespace {

failure injected(int os_error, std::optional<std::uint64_t> offset = {}) {
  const bool full = os_error == ENOSPC || os_error == EDQUOT;
  auto why = fail(full ? errc::no_space : errc::io_error, "injected fault");
  why.offset = offset;
  why.os_error = os_error;
  return why;
}

void flip_bit(std::byte& byte, unsigned bit) { byte ^= std::byte{1} << bit; }

}  // namespace

faulty_device::faulty_device(std::unique_ptr<block_device> inner, fault_plan plan)
    : inner_{std::move(inner)},
      plan_{std::move(plan)},
      chance_{plan_.seed},
      synced_size_{inner_->size()},
      cut_from_{synced_size_} {}

void faulty_device::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock{mutex_};
  plan_.capacity = bytes;
}

void faulty_device::lose_power() {
  const std::lock_guard lock{mutex_};
  for (auto& [offset, bytes] : unsynced_) {
    switch (choose(4)) {
      case 0:
        std::generate(bytes.begin(), bytes.end(),
                      [&] { return static_cast<std::byte>(choose(256)); });
        break;
      case 1: break;
      default: continue;
    }
    dropped_[offset] = bytes;
  }
  unsynced_.clear();
  put_back(dropped_);
  lose_length();
}

void faulty_device::take_back_unsynced(std::vector<std::byte>& image) const {
  const std::lock_guard lock{mutex_};
  for (const auto* medium : {&unsynced_, &dropped_}) {
    for (const auto& [offset, bytes] : *medium) {
      const auto there = std::min<std::uint64_t>(sector_bytes, image.size() - offset);
      std::copy_n(bytes.begin(), there, image.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }
  // Of a device that was closed in order, nothing is lost.
  if (closed_) return;
  image.resize(static_cast<std::size_t>(std::min<std::uint64_t>(cut_from_, image.size())));
  image.resize(static_cast<std::size_t>(synced_size_));
  std::copy(cut_off_.begin(), cut_off_.end(),
            image.begin() + static_cast<std::ptrdiff_t>(cut_from_));
}

result<std::size_t> faulty_device::read(std::uint64_t offset, mutable_byte_view out,
                                        read_mode mode) {
  const std::lock_guard lock{mutex_};
  if (const int error = next_fault(device_call::read)) return injected(error, offset);
  auto got = inner_->read(offset, out, mode);
  if (!got || *got == 0) return got;

  const auto found = out.first(*got);
  if (mode == read_mode::direct) show_medium(offset, found);
  for (const auto rotten : plan_.rotten_bytes)
    if (rotten >= offset && rotten - offset < found.size())
      flip_bit(found[static_cast<std::size_t>(rotten - offset)], 0);
  const auto nth = calls_[static_cast<std::size_t>(device_call::read)];
  const auto& flipped = plan_.flipped_reads;
  if (std::find(flipped.begin(), flipped.end(), nth) != flipped.end() ||
      happens(plan_.flips_per_million)) {
    auto& victim = found[static_cast<std::size_t>(choose(found.size()))];
    flip_bit(victim, static_cast<unsigned>(choose(8)));
  }
  return got;
}

result<void> faulty_device::write(std::uint64_t offset, std::span<const byte_view> buffers) {
  const std::lock_guard lock{mutex_};
  const int error = next_fault(device_call::write);
  const auto total = total_bytes(buffers);
  const auto count = error == 0 ? total : choose(total + 1);
  if (auto remembered = remember({offset, count}); !remembered) return remembered;
  if (auto written = write_first(offset, buffers, count); !written) return written;
  if (error != 0) return injected(error, offset + count);
  return {};
}

result<void> faulty_device::sync() {
  const std::lock_guard lock{mutex_};
  if (const int error = next_fault(device_call::sync)) {
    // Linux marks the pages clean whether they were written or not; nobody will write them again.
    for (const auto& [offset, bytes] : unsynced_)
      if (choose(2) == 0) dropped_[offset] = bytes;
    unsynced_.clear();
    return injected(error);
  }
  auto synced = inner_->sync();
  if (!synced) return synced;
  unsynced_.clear();
  synced_size_ = cut_from_ = inner_->size();
  cut_off_.clear();
  return synced;
}

result<void> faulty_device::allocate(std::uint64_t size) {
  const std::lock_guard lock{mutex_};
  if (const int error = next_fault(device_call::allocate)) return injected(error);
  if (size > plan_.capacity && size > inner_->size()) return injected(ENOSPC);
  return inner_->allocate(size);
}

result<void> faulty_device::resize(std::uint64_t size) {
  const std::lock_guard lock{mutex_};
  if (const int error = next_fault(device_call::resize)) return injected(error);
  if (auto remembered = remember_cut(size); !remembered) return remembered;
  auto cut = inner_->resize(size);
  if (!cut) return cut;
  // What is cut off and grown again reads as zeros, on the medium too.
  for (auto* medium : {&unsynced_, &dropped_}) {
    medium->erase(medium->lower_bound(round_up(size, sector_bytes)), medium->end());
    if (const auto last = medium->find(round_down(size, sector_bytes)); last != medium->end())
      std::fill(last->second.begin() + static_cast<std::ptrdiff_t>(size % sector_bytes),
                last->second.end(), std::byte{});
  }
  return cut;
}

void faulty_device::drop_cache() {
  const std::lock_guard lock{mutex_};
  put_back(dropped_);
  inner_->drop_cache();
}

std::uint64_t faulty_device::size() const { return inner_->size(); }

result<void> faulty_device::close() {
  closed_ = true;
  return inner_->close();
}

int faulty_device::next_fault(device_call call) {
  const auto nth = ++calls_[static_cast<std::size_t>(call)];
  for (const auto& fault : plan_.script)
    if (fault.call == call && (fault.nth == nth || (fault.for_ever && fault.nth < nth)))
      return fault.os_error;
  const auto found = plan_.errors_per_million.find(call);
  return found != plan_.errors_per_million.end() && happens(found->second) ? EIO : 0;
}

bool faulty_device::happens(std::uint32_t chance_per_million) {
  // Draws nothing where nothing can happen, so that a plan's other choices stay the same without it.
  return chance_per_million != 0 && choose(1'000'000) < chance_per_million;
}

std::uint64_t faulty_device::choose(std::uint64_t below) {
  // Not a standard distribution: those differ between libraries, and a seed must mean one thing.
  return chance_() % below;
}

/// Keeps what the medium holds under `range` before it is written for the first time since a sync.
result<void> faulty_device::remember(extent range) {
  for (auto at = round_down(range.offset, sector_bytes); at < range.end(); at += sector_bytes) {
    if (unsynced_.contains(at)) continue;
    if (auto old = dropped_.extract(at)) {
      unsynced_.insert(std::move(old));
      continue;
    }
    sector bytes{};
    if (auto got = inner_->read(at, bytes, read_mode::cached); !got) return std::move(got).error();
    unsynced_.emplace(at, bytes);
  }
  return {};
}

// Of what was durable, keeps what is cut off.
result<void> faulty_device::remember_cut(std::uint64_t size) {
  if (size >= cut_from_) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(cut_from_ - size));
  if (auto got = inner_->read(size, bytes, read_mode::cached); !got) return std::move(got).error();
  show_medium(size, bytes);
  for (auto it = unsynced_.lower_bound(round_down(size, sector_bytes)); it != unsynced_.end(); ++it)
    for (std::size_t i = 0; i < sector_bytes; ++i)
      if (it->first + i >= size && it->first + i < cut_from_)
        bytes[static_cast<std::size_t>(it->first + i - size)] = it->second[i];
  cut_off_.insert(cut_off_.begin(), bytes.begin(), bytes.end());
  cut_from_ = size;
  return {};
}

void faulty_device::lose_length() {
  // Of a device that was closed in order, nothing is lost.
  if (closed_) return;
  const bool has_changed = inner_->size() != synced_size_ || !cut_off_.empty();
  if (has_changed && choose(2) == 0) {
    const auto cut = inner_->resize(std::min(cut_from_, inner_->size()));
    const auto grown = inner_->allocate(synced_size_);
    const byte_view bytes{cut_off_};
    const auto written = inner_->write(cut_from_, {&bytes, 1});
    invariant(cut.ok() && grown.ok() && written.ok(), "the device under a faulty device failed");
  }
  synced_size_ = cut_from_ = inner_->size();
  cut_off_.clear();
}

result<void> faulty_device::write_first(std::uint64_t offset, std::span<const byte_view> buffers,
                                        std::uint64_t count) {
  std::vector<byte_view> parts;
  for (const auto& b : buffers) {
    const auto part = std::min<std::uint64_t>(b.size(), count);
    parts.push_back(b.first(static_cast<std::size_t>(part)));
    count -= part;
  }
  return inner_->write(offset, parts);
}

void faulty_device::show_medium(std::uint64_t offset, mutable_byte_view out) const {
  const extent shown{offset, out.size()};
  for (auto it = dropped_.lower_bound(round_down(offset, sector_bytes));
       it != dropped_.end() && it->first < shown.end(); ++it) {
    const auto first = std::max(it->first, shown.offset);
    const auto last = std::min(it->first + sector_bytes, shown.end());
    const auto source = byte_view{it->second}.subspan(static_cast<std::size_t>(first - it->first),
                                                      static_cast<std::size_t>(last - first));
    std::copy(source.begin(), source.end(),
              out.begin() + static_cast<std::ptrdiff_t>(first - offset));
  }
}

/// Makes the inner device hold what the medium does.
void faulty_device::put_back(sectors& medium) {
  for (const auto& [offset, bytes] : medium) {
    const auto there = std::min<std::uint64_t>(sector_bytes, inner_->size() - offset);
    const auto part = byte_view{bytes}.first(static_cast<std::size_t>(there));
    const auto written = inner_->write(offset, {&part, 1});
    invariant(written.ok(), "the device under a faulty device failed");
  }
  medium.clear();
}

}  // namespace stowage
