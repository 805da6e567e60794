// What holds for the recovery of every crash, whatever the store held.
//
// Contract: throws std::runtime_error with a complaint where it does not hold. No crash is taken for damage
// or costs the current root; recovering without writing, for good, and again gives the same state (I7),
// and no version twice.
// Concurrency: one thread.
// Limits: which states are allowed is the caller's to say.
#pragma once

#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/overlay_device.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace stowage::test {

/// Throws if this state may not be found on the device.
using allowed_fn = std::function<void(const recovered_store&, block_device&)>;

inline void require_no_damage(const result<recovered_store>& got) {
  if (!got) throw std::runtime_error{"refused: " + describe(got.error())};
  if (got->damage) throw std::runtime_error{"a crash taken for damage: " + describe(*got->damage)};
  if (got->used_previous_root) throw std::runtime_error{"a crash cost the current root"};
  if (got->was_clean && got->dropped) throw std::runtime_error{"a clean store that lost something"};
}

/// Recovers read-write; answers the last record found.
inline lsn require_recoverable(overlay_device& device, const allowed_fn& require_allowed,
                               version* last_version = nullptr) {
  const auto got = recover(device, store_access::read_write);
  require_no_damage(got);
  require_allowed(*got, device);
  const auto at = got->position.last;
  if (got->sb.fence != at) throw std::runtime_error{"the fence is not where the state ends"};
  if (last_version != nullptr) *last_version = got->last_version;
  return at;
}

/// Recovers without writing, then read-write, then again.
inline lsn require_same_each_time(overlay_device& device, const allowed_fn& require_allowed) {
  auto untouched = device.copy();
  const auto seen = recover(untouched, store_access::read_only);
  require_no_damage(seen);
  require_allowed(*seen, untouched);
  if (untouched.changes() != 0) throw std::runtime_error{"a read-only recovery wrote"};
  version first_given;
  const auto once = require_recoverable(device, require_allowed, &first_given);
  if (once != seen->position.last)
    throw std::runtime_error{"read-only and read-write recovery disagree"};

  auto again = device.copy();
  const auto second = recover(again, store_access::read_write);
  require_no_damage(second);
  require_allowed(*second, again);
  if (second->position.last != once)
    throw std::runtime_error{"a second recovery found another state"};
  if (second->dropped) throw std::runtime_error{"a second recovery dropped something"};
  if (second->last_version <= first_given) throw std::runtime_error{"a version may be given twice"};
  return once;
}

}  // namespace stowage::test
