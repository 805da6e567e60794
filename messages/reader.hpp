// The protocol of a reader: verified reads off the registry's thread.
//
// Contract: the registry delegates a client's get with the block it found and a pin on its extents; maintenance has the
// blocks read that it moves.
// Concurrency: several readers per store; the messages never leave the process.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/messages/type_ids.hpp>

#include <cstdint>
#include <memory>

namespace stowage {

struct backup_job;
struct pinned_block;
struct verify_job;

struct read_block_job {
  std::shared_ptr<const pinned_block> what;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  /// The value may be asked for again: it goes into the payload cache.
  bool is_for_client = true;
};

/// The next slice of a backup: the file is begun, about a MiB of values is copied, or the copy is ended. The job
/// belongs to the reader until it answers.
struct copy_slice {
  std::shared_ptr<backup_job> job;
};

/// The next slice of a verification: a part of the metadata, or the blocks it names. The job belongs to the reader
/// until it answers.
struct verify_slice {
  std::shared_ptr<verify_job> job;
};

/// Answered when every read before it has been; the device may then be closed.
struct stop_reading {};

using reader_actor = caf::typed_actor<
    // registry -> reader, delegated: the answer goes to the client; maintenance -> reader. corrupt_block, io_error,
    // closed.
    caf::result<block_value>(read_block_job),
    // registry -> reader: what makes the copy impossible, closed.
    caf::result<void>(copy_slice),
    // registry -> reader: what makes the verification impossible, closed.
    caf::result<void>(verify_slice),
    // registry -> reader.
    caf::result<void>(stop_reading)>;

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::read_block_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::copy_slice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::verify_slice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::stop_reading)
