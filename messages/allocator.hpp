// The protocol of the allocator: who may put what where in the file.
//
// Contract: what was granted can always be supplied; `no_space` is answered only to a budget request.
// Concurrency: one allocator per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace stowage {

class lease;
struct durable_group;

/// Bytes of whole pages that ops may take before they are sequenced.
struct budget_request {
  std::uint64_t bytes = 0;
  /// What a checkpoint of the newest state takes: the reserve grows with it.
  std::uint64_t checkpoint_bytes = 0;
  /// More than is needed now: not worth taking space from a compaction for.
  bool is_ahead_of_need = false;
};

/// More pages for the writer, within what was granted.
struct lease_request {
  /// What the group at hand lacks.
  std::uint64_t bytes_needed = 0;
  /// That and what may come next, as far as space is not short.
  std::uint64_t bytes_wanted = 0;
};
struct lease_grant {
  std::shared_ptr<lease> pages;
  /// Pages from here on were never written.
  std::uint64_t fresh_from = 0;
  /// The reserve lacks something, and no compaction is about to give it back: keep no pages that are not needed.
  bool space_is_short = false;
};

/// Pages of the lease that the writer does not need now.
struct return_lease {
  std::shared_ptr<lease> pages;
};

/// A run for a journal area: `bytes_wanted`, or less down to `bytes_min` where space is fragmented.
struct area_request {
  std::uint64_t bytes_min = 0;
  std::uint64_t bytes_wanted = 0;
};
struct area_grant {
  extent where;
  /// Pages from here on were never written.
  std::uint64_t fresh_from = 0;
  /// It came out of the reserve, or the reserve lacks something already, and no compaction is about to give it back:
  /// the journal has to become shorter.
  bool space_is_short = false;
};

/// Space for pieces of a checkpoint, each in one run.
struct checkpoint_space_request {
  std::vector<std::uint64_t> lengths;
};
struct checkpoint_space {
  std::vector<extent> pieces;
};

/// What a durable group did to the file's space.
struct group_space {
  /// Its extents are live now; null when only `retired` and `unused_budget` count.
  std::shared_ptr<const durable_group> group;
  /// Superseded, durably so, and read by nobody.
  std::vector<extent> retired;
  /// Granted and not needed.
  std::uint64_t unused_budget = 0;
};

/// Journal areas and checkpoints that no durable root needs any more.
struct free_pages {
  std::vector<extent> pages;
};

/// A compaction begins: values that take these pages are to lie together, and behind them what else there is.
struct begin_compaction {
  std::uint64_t data_bytes = 0;
  /// Of the newest state.
  std::uint64_t checkpoint_bytes = 0;
  /// Whether clients may write meanwhile: room is left for that among the values.
  bool beside_clients = true;
  /// Whether none comes after this one, which would close what areas and checkpoints leave among the values.
  bool is_last_round = true;
};
struct compaction_space {
  std::uint64_t file_bytes = 0;
  /// Nothing at or beyond it is leased; as long as the file where it cannot become shorter.
  std::uint64_t data_end = 0;
  /// Where the file can end once areas and checkpoints have left what lies beyond.
  std::uint64_t file_end = 0;
  /// Where it ends if they lie together then; `cut_file` takes nothing much longer for dense.
  std::uint64_t dense_end = 0;
  /// Whether it is only the next round that makes the file shorter.
  bool pays_later = false;
};

/// The values lie below: areas and checkpoints are given out below `file_end` only.
struct enforce_file_end {};

/// The file ends behind what is used, if that is below `file_end`, and the ceiling is lifted.
struct cut_file {
  /// Only if there are no holes left that one more checkpoint could close.
  bool only_if_dense = false;
};
enum class cut_state : std::uint8_t {
  done,
  has_holes,  ///< nothing was cut: it was to be dense, and the ceiling still holds
  given_up,  ///< nothing was cut: what is used lies too high, or clients have taken the space; there is no ceiling
};
struct cut_outcome {
  std::uint64_t file_bytes = 0;
  cut_state state = cut_state::given_up;
  /// Among the holes there are enough for the journal to move below `dense_end`.
  bool has_room_for_journal = false;
};

/// It ends: the ceiling is lifted, if there is one.
struct end_compaction {};

/// Bytes of whole pages that moved blocks take.
struct move_budget_request {
  std::uint64_t bytes = 0;
};

using allocator_actor = caf::typed_actor<
    // registry -> allocator: answers when all of it is granted, growing the file if need be. no_space
    // (nothing granted), io_error.
    caf::result<void>(budget_request),
    // writer -> allocator: at least the bytes needed. The rest comes from half of what is free: pages
    // in a lease are lost for journal areas and checkpoints.
    caf::result<lease_grant>(lease_request),
    // writer -> allocator, when space is short.
    caf::result<void>(return_lease),
    // writer -> allocator. no_space: not even the reserve has an area.
    caf::result<area_grant>(area_request),
    // maintenance -> allocator. no_space.
    caf::result<checkpoint_space>(checkpoint_space_request),
    // registry -> allocator, once per durable group.
    caf::result<void>(group_space),
    // writer -> allocator, after the superblock that no longer needs them is durable.
    caf::result<void>(free_pages),
    // maintenance -> allocator.
    caf::result<compaction_space>(begin_compaction),
    // maintenance -> allocator: false where clients have taken the space meanwhile.
    caf::result<bool>(enforce_file_end),
    // maintenance -> allocator. io_error: the device was not cut.
    caf::result<cut_outcome>(cut_file),
    // maintenance -> allocator.
    caf::result<void>(end_compaction),
    // maintenance -> allocator: never grows the file; answers whether there is a ceiling yet, which goes when its
    // space is needed. no_space (nothing granted): not even what is held for moving is left.
    caf::result<bool>(move_budget_request),
    // registry -> allocator: fills in the gauges of space.
    caf::result<store_status>(status_request)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::budget_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::lease_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::lease_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::return_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::area_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::area_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::checkpoint_space_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::checkpoint_space)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::group_space)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::free_pages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::begin_compaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::compaction_space)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::enforce_file_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::cut_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::cut_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::end_compaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::move_budget_request)
