// How the runtime makes the registry known to its peers after all of them are spawned.
//
// Contract: sent once, by the runtime, before the handle of the store is given to anyone.
// Concurrency: never leaves the process.
#pragma once

#include <stowage/messages/allocator.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/messages/maintenance.hpp>
#include <stowage/messages/reader.hpp>
#include <stowage/messages/writer.hpp>

#include <caf/actor.hpp>

#include <vector>

namespace stowage {

struct wire_registry {
  allocator_actor allocator;
  writer_actor writer;
  disk_actor disk;
  maintenance_actor maintenance;
  std::vector<reader_actor> readers;
  /// Only held: whoever watches all of them lives as long as the registry.
  caf::actor supervisor;
};

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::wire_registry)
