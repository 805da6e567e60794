// Maintenance: slow tours while clients are served: checkpoints, and compactions.
//
// Contract: see messages/maintenance.hpp. A checkpoint goes out in slices; each slice waits for the sync
// of the one before, which is what paces it. What a failed checkpoint allocated is given back. A compaction
// (see compaction.hpp) may run beside it.
// Concurrency: an ordinary scheduled actor; a message takes no longer than the encoding and hashing of one page of a
// checkpoint, some 0.3 ms: clients wait for those who come after it on the same thread.
#pragma once

#include <stowage/actors/compaction.hpp>
#include <stowage/actors/handover.hpp>
#include <stowage/messages/allocator.hpp>
#include <stowage/messages/maintenance.hpp>
#include <stowage/messages/writer.hpp>
#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/bytes.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace stowage {

class maintenance_state {
 public:
  static inline const char* name = "stowage.maintenance";

  maintenance_state(maintenance_actor::pointer self, std::uint64_t hash_seed,
                    compaction_peers peers);
  maintenance_actor::behavior_type make_behavior();

 private:
  struct checkpoint {
    checkpoint_writer pages;
    std::uint64_t journal_total = 0;
    /// Encoded, and to be written when the one before it is.
    std::optional<page_buffer> waiting;
    bool is_being_written = false;
    bool is_encoded = false;
    /// The pages, then the manifest.
    checkpoint_extents placed;
    caf::typed_response_promise<void> answer;
  };

  void encode_page();
  void write_next();
  void write_page();
  void write_manifest();
  /// Finds space for `buffers`, writes them, and says where they went once they are durable.
  void place_and_write(std::vector<page_buffer> buffers,
                       const std::function<void(const std::vector<extent>&)>& written);
  void install(root named);
  void give_up(const caf::error& why);
  caf::typed_response_promise<void> end_checkpoint();

  maintenance_actor::pointer self_;
  std::uint64_t hash_seed_;
  compaction_peers peers_;
  std::optional<checkpoint> at_hand_;
  std::optional<compaction> compaction_;
};

using maintenance_impl = maintenance_actor::stateful_impl<maintenance_state>;

}  // namespace stowage
