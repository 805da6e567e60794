// The type ids of all messages: one block, append-only.
//
// Contract: ids travel between processes, so an entry is never moved or removed. CAF's ids are global to
// the process: an embedder whose own block clashes chooses another offset by STOWAGE_FIRST_TYPE_ID (the
// same for library and application).
// Concurrency: call `caf::init_global_meta_objects<caf::id_block::stowage>()` once, before the first
// actor system.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <caf/type_id.hpp>

#include <cstdint>

#ifndef STOWAGE_FIRST_TYPE_ID
#define STOWAGE_FIRST_TYPE_ID (caf::first_custom_type_id + 500)
#endif

namespace STOWAGE_EXPORT stowage {

class shared_bytes;
enum class errc : std::uint8_t;
struct failure;
enum class durability : std::uint8_t;
struct receipt;
struct put_request;
struct get_request;
struct block_value;
struct delete_request;
struct exists_request;
struct stat_request;
struct block_stat;
struct list_request;
struct block_list;
struct flush_request;
struct status_request;
struct store_status;
struct close_request;
class transaction;
struct put_many_request;
struct put_many_result;
struct commit_request;
struct commit_receipt;
struct checkpoint_request;
struct compact_request;
struct compact_result;
struct backup_request;
struct backup_result;
struct verify_request;
struct verify_result;
struct clear_request;
struct watch_request;
struct watch_started;
struct next_changes_request;
struct change_batch;
struct unwatch_request;
struct view_request;
class read_view;

}  // namespace stowage

namespace stowage {

struct budget_request;
struct lease_request;
struct lease_grant;
struct area_request;
struct area_grant;
struct checkpoint_space_request;
struct checkpoint_space;
struct group_space;
struct free_pages;
struct write_ops;
struct close_batch;
struct write_pages;
struct install_root;
struct root_installed;
struct drain_writer;
struct group_durable;
struct store_failed;
struct execute_plan;
struct plan_executed;
struct grow_device;
struct close_device;
struct read_block_job;
struct stop_reading;
struct start_checkpoint;
struct next_slice;
struct wire_registry;
struct journal_short;
struct return_lease;
struct begin_compaction;
struct compaction_space;
struct enforce_file_end;
struct cut_file;
struct end_compaction;
struct move_budget_request;
struct vacate;
struct length_settled;
struct shrink_device;
struct pin_blocks;
struct pinned_blocks;
struct move_blocks;
struct blocks_moved;
struct newest_state_request;
struct newest_state;
struct start_compaction;
struct compaction_step;
struct copy_slice;
struct verify_slice;
struct seal_durable;
struct ops_settled;
struct cut_outcome;

}  // namespace stowage

CAF_BEGIN_TYPE_ID_BLOCK(stowage, STOWAGE_FIRST_TYPE_ID)
// Public: sent by clients, possibly from another process.
CAF_ADD_TYPE_ID(stowage, (stowage::shared_bytes))
CAF_ADD_TYPE_ID(stowage, (stowage::errc))
CAF_ADD_TYPE_ID(stowage, (stowage::failure))
CAF_ADD_TYPE_ID(stowage, (stowage::durability))
CAF_ADD_TYPE_ID(stowage, (stowage::receipt))
CAF_ADD_TYPE_ID(stowage, (stowage::put_request))
CAF_ADD_TYPE_ID(stowage, (stowage::get_request))
CAF_ADD_TYPE_ID(stowage, (stowage::block_value))
CAF_ADD_TYPE_ID(stowage, (stowage::delete_request))
CAF_ADD_TYPE_ID(stowage, (stowage::exists_request))
CAF_ADD_TYPE_ID(stowage, (stowage::stat_request))
CAF_ADD_TYPE_ID(stowage, (stowage::block_stat))
CAF_ADD_TYPE_ID(stowage, (stowage::list_request))
CAF_ADD_TYPE_ID(stowage, (stowage::block_list))
CAF_ADD_TYPE_ID(stowage, (stowage::flush_request))
CAF_ADD_TYPE_ID(stowage, (stowage::status_request))
CAF_ADD_TYPE_ID(stowage, (stowage::store_status))
CAF_ADD_TYPE_ID(stowage, (stowage::close_request))
CAF_ADD_TYPE_ID(stowage, (stowage::transaction))
CAF_ADD_TYPE_ID(stowage, (stowage::put_many_request))
CAF_ADD_TYPE_ID(stowage, (stowage::put_many_result))
CAF_ADD_TYPE_ID(stowage, (stowage::commit_request))
CAF_ADD_TYPE_ID(stowage, (stowage::commit_receipt))
// Between the store's own actors: never leave the process.
CAF_ADD_TYPE_ID(stowage, (stowage::budget_request))
CAF_ADD_TYPE_ID(stowage, (stowage::lease_request))
CAF_ADD_TYPE_ID(stowage, (stowage::lease_grant))
CAF_ADD_TYPE_ID(stowage, (stowage::area_request))
CAF_ADD_TYPE_ID(stowage, (stowage::area_grant))
CAF_ADD_TYPE_ID(stowage, (stowage::checkpoint_space_request))
CAF_ADD_TYPE_ID(stowage, (stowage::checkpoint_space))
CAF_ADD_TYPE_ID(stowage, (stowage::group_space))
CAF_ADD_TYPE_ID(stowage, (stowage::free_pages))
CAF_ADD_TYPE_ID(stowage, (stowage::write_ops))
CAF_ADD_TYPE_ID(stowage, (stowage::close_batch))
CAF_ADD_TYPE_ID(stowage, (stowage::write_pages))
CAF_ADD_TYPE_ID(stowage, (stowage::install_root))
CAF_ADD_TYPE_ID(stowage, (stowage::root_installed))
CAF_ADD_TYPE_ID(stowage, (stowage::drain_writer))
CAF_ADD_TYPE_ID(stowage, (stowage::group_durable))
CAF_ADD_TYPE_ID(stowage, (stowage::store_failed))
CAF_ADD_TYPE_ID(stowage, (stowage::execute_plan))
CAF_ADD_TYPE_ID(stowage, (stowage::plan_executed))
CAF_ADD_TYPE_ID(stowage, (stowage::grow_device))
CAF_ADD_TYPE_ID(stowage, (stowage::close_device))
CAF_ADD_TYPE_ID(stowage, (stowage::read_block_job))
CAF_ADD_TYPE_ID(stowage, (stowage::stop_reading))
CAF_ADD_TYPE_ID(stowage, (stowage::start_checkpoint))
CAF_ADD_TYPE_ID(stowage, (stowage::next_slice))
CAF_ADD_TYPE_ID(stowage, (stowage::wire_registry))
CAF_ADD_TYPE_ID(stowage, (stowage::journal_short))
CAF_ADD_TYPE_ID(stowage, (stowage::return_lease))
// Public again: entries are appended.
CAF_ADD_TYPE_ID(stowage, (stowage::checkpoint_request))
CAF_ADD_TYPE_ID(stowage, (stowage::compact_request))
CAF_ADD_TYPE_ID(stowage, (stowage::compact_result))
// Between the store's own actors.
CAF_ADD_TYPE_ID(stowage, (stowage::begin_compaction))
CAF_ADD_TYPE_ID(stowage, (stowage::compaction_space))
CAF_ADD_TYPE_ID(stowage, (stowage::enforce_file_end))
CAF_ADD_TYPE_ID(stowage, (stowage::cut_file))
CAF_ADD_TYPE_ID(stowage, (stowage::end_compaction))
CAF_ADD_TYPE_ID(stowage, (stowage::move_budget_request))
CAF_ADD_TYPE_ID(stowage, (stowage::vacate))
CAF_ADD_TYPE_ID(stowage, (stowage::length_settled))
CAF_ADD_TYPE_ID(stowage, (stowage::shrink_device))
CAF_ADD_TYPE_ID(stowage, (stowage::pin_blocks))
CAF_ADD_TYPE_ID(stowage, (stowage::pinned_blocks))
CAF_ADD_TYPE_ID(stowage, (stowage::move_blocks))
CAF_ADD_TYPE_ID(stowage, (stowage::blocks_moved))
CAF_ADD_TYPE_ID(stowage, (stowage::newest_state_request))
CAF_ADD_TYPE_ID(stowage, (stowage::newest_state))
CAF_ADD_TYPE_ID(stowage, (stowage::start_compaction))
CAF_ADD_TYPE_ID(stowage, (stowage::compaction_step))
// Public.
CAF_ADD_TYPE_ID(stowage, (stowage::backup_request))
CAF_ADD_TYPE_ID(stowage, (stowage::backup_result))
// Between the store's own actors.
CAF_ADD_TYPE_ID(stowage, (stowage::copy_slice))
// Public.
CAF_ADD_TYPE_ID(stowage, (stowage::verify_request))
CAF_ADD_TYPE_ID(stowage, (stowage::verify_result))
// Between the store's own actors.
CAF_ADD_TYPE_ID(stowage, (stowage::verify_slice))
CAF_ADD_TYPE_ID(stowage, (stowage::seal_durable))
CAF_ADD_TYPE_ID(stowage, (stowage::ops_settled))
// Public.
CAF_ADD_TYPE_ID(stowage, (stowage::clear_request))
CAF_ADD_TYPE_ID(stowage, (stowage::watch_request))
CAF_ADD_TYPE_ID(stowage, (stowage::watch_started))
CAF_ADD_TYPE_ID(stowage, (stowage::next_changes_request))
CAF_ADD_TYPE_ID(stowage, (stowage::change_batch))
CAF_ADD_TYPE_ID(stowage, (stowage::unwatch_request))
// Public, within the process.
CAF_ADD_TYPE_ID(stowage, (stowage::view_request))
CAF_ADD_TYPE_ID(stowage, (stowage::read_view))
// Between the store's own actors.
CAF_ADD_TYPE_ID(stowage, (stowage::cut_outcome))
CAF_END_TYPE_ID_BLOCK(stowage)
