// What a workload needs of an engine that is measured.
//
// Contract: every engine gets the same bytes and gives the same guarantee at the same points, and each
// value it holds at the end of a round is read back and compared.
// Concurrency: one thread.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/log/sync_policy.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::bench {

struct update {
  std::uint32_t block = 0;
  shared_bytes value;
};

/// What one round took.
struct round_figures {
  /// Until the engine had taken every update.
  double accepted_ms = 0;
  /// Until all of it was durable.
  double durable_ms = 0;
};

class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  virtual ~engine() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  /// How it is configured and driven, for the report.
  [[nodiscard]] virtual std::string shape() const = 0;

  /// Writes the blocks 0..values.size()-1, durably. Not measured.
  virtual void fill(const std::vector<shared_bytes>& values) = 0;
  /// Hands over all updates without waiting for durability, then makes them durable with one flush.
  virtual round_figures update_then_flush(const std::vector<update>& updates) = 0;
  /// How many records and syncs the last round took, or nothing.
  [[nodiscard]] virtual std::string last_round() = 0;
  /// The bytes of a block as the engine would give them to a reader.
  virtual shared_bytes read(std::uint32_t block) = 0;
};

/// The same bytes appended by pwrite to one preallocated, already written file, then one fdatasync: what
/// the device allows.
[[nodiscard]] std::unique_ptr<engine> make_raw_engine(const std::string& directory);

/// A store with the options of `scripts/run` but for the sync mode, driven by pipelined requests of one client.
[[nodiscard]] std::unique_ptr<engine> make_stowage_engine(const std::string& directory,
                                                          sync_mode mode);

}  // namespace stowage::bench
