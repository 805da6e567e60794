// A reader: reads blocks from the device and verifies them, off the registry's thread.
//
// Contract: see messages/reader.hpp. What it reads for clients goes into the payload cache.
// Concurrency: several per store; spawned detached in production, because reads block.
#pragma once

#include <stowage/actors/metrics.hpp>
#include <stowage/messages/reader.hpp>
#include <stowage/storage/cache/payload_cache.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <cstdint>
#include <memory>

namespace stowage {

class reader_state {
 public:
  static inline const char* name = "stowage.reader";

  reader_state(reader_actor::pointer self, std::shared_ptr<block_device> device,
               std::shared_ptr<payload_cache> cache, std::uint64_t hash_seed,
               reader_metrics metrics);
  reader_actor::behavior_type make_behavior();

 private:
  [[nodiscard]] result<void> verify_more(verify_job& job);
  [[nodiscard]] result<void> copy_more(backup_job& job);

  std::shared_ptr<block_device> device_;
  std::shared_ptr<payload_cache> cache_;
  std::uint64_t hash_seed_;
  reader_metrics metrics_;
  bool stopped_ = false;
};

using reader_impl = reader_actor::stateful_impl<reader_state>;

}  // namespace stowage
