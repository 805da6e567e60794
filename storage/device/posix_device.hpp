// A block device on a regular file of Linux.
//
// Contract: while the device is open nobody else has the file open for writing through here: not this
// process, not another, not by a symlink or a hard link. The lock belongs to the open file description,
// so a killed holder's lock is gone at once. Opening creates nothing, changes nothing and waits for
// nothing. Growth is real space, and given back whole where it fails.
// Concurrency: as `block_device` says; direct reads have a descriptor of their own.
// Limits: advisory: a program that takes no lock is not kept out. A child forked without exec shares
// the lock. Direct reads are cached reads where the file system refuses O_DIRECT. A process with a
// file-size limit must ignore SIGXFSZ, else the kernel ends it at the first write beyond.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace stowage {

enum class open_mode : std::uint8_t {
  read_write,  ///< excludes every other opener
  read_only,  ///< beside other read-only openers; write, sync, allocate and resize answer read_only
};

/// Opens the file at `path` and locks it. Fails with no_such_store, not_a_store (no regular file),
/// permission_denied, read_only (the file system is), locked, io_error, or invalid_argument where no
/// file can have that path.
[[nodiscard]] result<std::unique_ptr<block_device>> open_posix_device(const std::string& path,
                                                                      open_mode mode);

}  // namespace stowage
