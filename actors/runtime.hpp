// Opens a store in a host's actor system: recovers it, spawns its actors, wires them, watches them.
//
// Contract: `open_store` answers when the store is recovered and serves. The store ends by a
// `close_request`, which drains it; the handle answers `closed` afterwards. If one of its actors dies,
// the store fails stop: it is poisoned, and every request is still answered. The library configures
// neither the host's scheduler nor its logger.
// Concurrency: `open_store` may be called from any thread, not from inside a scheduled actor (it reads
// the file). In production the disk and the readers have threads of their own.
// Limits: one open per file, in this process and all others: `locked`. Before the actor system goes
// down, close the store: an abandoned one keeps the system alive.
#pragma once

#include <stowage/actors/store_options.hpp>
#include <stowage/actors/wall_clock.hpp>
#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/dropped_tail.hpp>

#include <memory>
#include <optional>
#include <string>

namespace stowage {
struct recovered_store;
}

namespace STOWAGE_EXPORT stowage {

class block_device;

/// What opening found.
struct open_report {
  /// The store did not exist and was created.
  bool created = false;
  /// It had been closed in order.
  bool was_clean = false;
  /// What a crash left unfinished, if anything: nothing that was ever answered durable.
  std::optional<dropped_tail> dropped;
  /// The newest checkpoint could not be read; the one before it and the journal gave the same state.
  std::optional<failure> used_previous_root;
  /// One of the two superblock slots could not be read.
  bool superblock_slot_damaged = false;
  std::uint64_t blocks = 0;
};

/// A store that serves.
struct opened_store {
  /// Keep it, or a copy, until the store was closed.
  store_actor handle;
  open_report report;
};

/// Fails with no_such_store, not_a_store, locked, permission_denied, unsupported_version, corrupt,
/// journal_corrupt, no_space, read_only, invalid_argument or io_error.
[[nodiscard]] result<opened_store> open_store(caf::actor_system& system,
                                              const store_options& options);

/// Creates an empty store at `path`. Fails with already_exists, no_such_store (no such directory),
/// permission_denied, no_space or io_error.
[[nodiscard]] result<void> create_store_file(const std::string& path);

/// Whether the actors run on threads of their own, as in production, or all on the system's scheduler,
/// which a test may drive step by step.
enum class threading : std::uint8_t { production, scheduled };

struct wire_registry;

/// Spawns the actors over a device whose recovery is done. `seed` feeds the salts of journal areas; blocks expire by
/// `clock`. Who asks for them gets the actors behind the handle, too.
[[nodiscard]] store_actor spawn_store(caf::actor_system& system, const store_options& options,
                                      std::unique_ptr<block_device> device,
                                      recovered_store recovered, std::uint64_t seed, threading how,
                                      wall_clock clock = system_wall_time,
                                      wire_registry* actors = nullptr);

}  // namespace stowage
