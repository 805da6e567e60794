// Stores of format 1.0 made by hand: always the same bytes.
//
// Contract: uses only storage/ functions, in the order a real writer does; nothing is random.
// Concurrency: pure functions.
// Limits: places everything behind the end of the file: it never reuses space.
#pragma once

#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/format/journal_record.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/journal_areas.hpp>
#include <stowage/storage/log/write_plan.hpp>
#include <stowage/storage/recovery.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stowage::test {

inline constexpr std::uint64_t golden_expiry_ms = 4'102'444'800'000;  // 2100-01-01

/// Whose stores they are; `last` tells them apart.
[[nodiscard]] store_identity golden_identity(char last);

/// Where the journal of a new store of this identity starts.
[[nodiscard]] journal_position first_position(const store_identity& who);

struct golden_block {
  std::string name;
  version ver;
  std::uint64_t expires_at_ms = 0;
  std::string value;
};

/// Every block of the golden store, by name.
[[nodiscard]] std::vector<golden_block> golden_blocks();

/// Two lives, a clean close between them, two checkpoints, ops of every kind and a SEAL; left as a kill
/// leaves it.
[[nodiscard]] std::vector<std::byte> make_golden_image();

/// A new store with one block: "hello" is "world".
[[nodiscard]] std::vector<std::byte> make_tiny_image();

/// Goes on writing to a recovered store.
class golden_writer {
 public:
  golden_writer(block_device& device, recovered_store recovered);

  /// Pages behind the end of the file.
  [[nodiscard]] extent take(std::uint64_t bytes);

  [[nodiscard]] accepted_op put(std::string name, std::string value,
                                std::uint64_t expires_at_ms = 0);
  [[nodiscard]] accepted_op del(std::string name);
  [[nodiscard]] accepted_op clear();
  /// The same block in another place.
  [[nodiscard]] accepted_op relocate(const std::string& name);

  /// One group; `runs` are for its values, or are taken.
  void commit(std::vector<accepted_op> ops, std::vector<extent> runs = {});
  /// A SEAL that announces a larger next area.
  void seal_with_larger_area(std::uint64_t bytes, std::uint64_t salt);
  /// The pages and manifest of the state now ride with the next group.
  void start_checkpoint();
  /// The superblock that names the checkpoint rides with the next group.
  void finish_checkpoint();
  /// An orderly shutdown.
  void close();

 private:
  [[nodiscard]] superblock next_superblock(bool clean);
  void append(record_kind kind, std::uint32_t op_count, byte_view body, write_plan& plan);
  void carry_out(write_plan& plan);

  block_device& device_;
  superblock sb_;
  block_index index_;
  journal_areas areas_;
  version last_version_;
  /// What a superblock may say of the file's length.
  std::uint64_t synced_file_bytes_;
  /// For the plan that is written next.
  write_plan plan_;
  root next_root_;
};

}  // namespace stowage::test
