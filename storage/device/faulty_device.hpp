// A block device that fails as disks and Linux do, on a script or by chance from a seed.
//
// Contract: same plan, same calls, same faults. What is inside the inner device is what cached reads
// show; the faulty device knows the sectors (512 bytes) in which the medium differs. A failed `write`
// may have written any number of its first bytes. A failed `sync` drops, sector by sector, some of what
// was written since the last good one: `cached` reads go on showing it, `direct` reads show the medium,
// and the next `sync` is good again and saves nothing. A bit flip shows in what a read returns only.
// Concurrency: everything may be called from any thread; with several readers the order of their calls,
// and so which of them fails, is the scheduler's.
// Limits: no misdirected writes.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/device_call.hpp>

#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// "The nth call of this kind fails so", counted from 1.
struct scripted_fault {
  device_call call = device_call::sync;
  std::uint64_t nth = 1;
  int os_error = EIO;
  /// This call and every later one of its kind.
  bool for_ever = false;
};

/// Calls of the kinds read, write, sync, allocate and resize can fail.
// Defaults for each, so that a plan can be written as its faults alone.
struct fault_plan {
  std::uint64_t seed = 0;
  std::vector<scripted_fault> script = {};
  /// Chance of EIO in a million, for calls the script lets pass.
  std::map<device_call, std::uint32_t> errors_per_million = {};
  /// Chance in a million that a read that found bytes flips one bit of them.
  std::uint32_t flips_per_million = 0;
  /// Reads that do so for certain, counted from 1.
  std::vector<std::uint64_t> flipped_reads = {};
  /// Bytes of the medium that have rotted: every read shows their lowest bit flipped.
  std::vector<std::uint64_t> rotten_bytes = {};
  /// `allocate` beyond it fails with ENOSPC.
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
};

/// Another device, with faults.
class faulty_device final : public block_device {
 public:
  static constexpr std::size_t sector_bytes = 512;

  faulty_device(std::unique_ptr<block_device> inner, fault_plan plan);

  /// More or less space for `allocate` from now on.
  void set_capacity(std::uint64_t bytes);

  /// Puts into the inner device what a power loss at this moment leaves: sectors written since the last
  /// good sync are kept, lost, or garbage, by the seed; what a failed sync dropped is lost; a length changed
  /// since then is the new or the old one, and what had been cut off is there again with the old one.
  void lose_power();

  /// Makes of `image`, which holds the inner device's bytes at this moment, what the worst power loss would leave:
  /// nothing that was not synced, and all that was.
  void take_back_unsynced(std::vector<std::byte>& image) const;

  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override;
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override;
  result<void> sync() override;
  result<void> allocate(std::uint64_t size) override;
  result<void> resize(std::uint64_t size) override;
  /// Cached reads show the medium from now on, except where it is still to be synced.
  void drop_cache() override;
  [[nodiscard]] std::uint64_t size() const override;
  result<void> close() override;

 private:
  using sector = std::array<std::byte, sector_bytes>;
  /// By offset; ordered, so that a seed's choices do not depend on addresses.
  using sectors = std::map<std::uint64_t, sector>;

  [[nodiscard]] int next_fault(device_call call);
  [[nodiscard]] bool happens(std::uint32_t chance_per_million);
  [[nodiscard]] std::uint64_t choose(std::uint64_t below);
  [[nodiscard]] result<void> remember(extent range);
  [[nodiscard]] result<void> write_first(std::uint64_t offset, std::span<const byte_view> buffers,
                                         std::uint64_t count);
  void show_medium(std::uint64_t offset, mutable_byte_view out) const;
  void put_back(sectors& medium);
  [[nodiscard]] result<void> remember_cut(std::uint64_t size);
  void lose_length();

  const std::unique_ptr<block_device> inner_;
  mutable std::mutex mutex_;
  fault_plan plan_;
  std::mt19937_64 chance_;
  std::array<std::uint64_t, device_calls> calls_{};
  /// What the medium holds under each sector written since the last sync.
  sectors unsynced_;
  /// What the medium holds where a failed sync dropped a sector that the cache still shows.
  sectors dropped_;
  /// The length as of the last good sync, and from where on what was cut off since.
  std::uint64_t synced_size_;
  std::uint64_t cut_from_;
  std::vector<std::byte> cut_off_;
  bool closed_ = false;
};

}  // namespace stowage
