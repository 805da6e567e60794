// What the workloads drive: a store of numbered blocks, whoever keeps them.
//
// Contract: every engine gets the same bytes in the same order and gives the same guarantee at the same points (`flush`,
// `commit`, `put_durably`); bench/README.md says what each of them does for it. A value that reads back wrong throws,
// as every failure does.
// Concurrency: an engine is made, asked and destroyed by one thread; each thread that works has a session of its own.
#pragma once

#include <stowage/bench/measuring/blocks.hpp>
#include <stowage/storage/core/bytes.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stowage::bench {

class running_store;

using bench_clock = std::chrono::steady_clock;

/// Of each engine that has a cache for values.
inline constexpr std::size_t cache_bytes = std::size_t{512} << 20U;

struct update {
  std::uint64_t block = 0;
  shared_bytes value;
};

/// What an engine is made for.
struct engine_setup {
  /// Of its own. What is there already is opened.
  std::string directory;
  std::uint64_t blocks = 0;
  std::uint64_t value_bytes_max = 0;
  /// Durable only where the workload flushes, so that engines may leave out what they would sync on the way.
  bool syncs_only_on_flush = false;
  /// How many threads put durably at a time.
  unsigned writers = 1;
  /// What raw's file holds before it starts over: all that is to be read back.
  std::uint64_t raw_file_bytes = std::uint64_t{64} << 20U;
};

/// How a session may hand over what it is given.
struct session_shape {
  /// More than one: puts need not be visible before so many of them are there, or a flush; for bulk work.
  std::size_t puts_together = 1;
  /// The blocks come in the order of their names, each for the first time.
  bool ascending = false;
  /// Requests that need not be answered before the next one is made, where an engine has such.
  std::size_t outstanding = 64;
};

class session {
 public:
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session() = default;

  /// Visible to what this session does afterwards; durable with the next flush.
  virtual void put(std::uint64_t block, shared_bytes value) = 0;
  /// Everything put so far is durable. Answers when the last of it had been accepted.
  virtual bench_clock::time_point flush() = 0;
  /// The same, but it may end later: with the next call or with `flush`.
  virtual void flush_behind() { flush(); }
  /// All of the group or nothing, durable when it returns.
  virtual void commit(std::span<const update> group) = 0;
  virtual void put_durably(std::uint64_t block, const shared_bytes& value) = 0;
  /// Compares, now or until `settle`, with what the block must hold: `expected` stays valid that long.
  virtual void read(std::uint64_t block, byte_view expected) = 0;
  /// Everything asked for is answered.
  virtual void settle() {}
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
  /// For the thread that uses it; the engine outlives it.
  [[nodiscard]] virtual std::unique_ptr<session> connect(const session_shape& shape) = 0;
  /// Messages handled so far; nothing for those that have none.
  [[nodiscard]] virtual std::uint64_t messages() { return 0; }
  /// The store behind it, for what only Stowage is asked; null of others.
  [[nodiscard]] virtual running_store* store() { return nullptr; }
  /// Syncs of groups of writes so far, where the engine tells.
  [[nodiscard]] virtual std::uint64_t syncs() { return 0; }
};

}  // namespace stowage::bench
