// The seam between the store and what it is stored on.
//
// Contract: a flat, resizable range of bytes. A `write` is visible to every later `read` at once and is
// durable only after a later `sync` returned success; until then any part of it, in units of a sector
// (512 bytes), may survive a power loss or not, in any order. A failed `write` or `sync` leaves all
// bytes written since the last successful `sync` unknown, and a later successful `sync` proves nothing
// about them (Linux reports a write-back error once): callers treat the first such failure as final,
// and `latched_device` makes sure of it.
// Concurrency: `read` may be called from any thread at any time before `close`; everything else from
// one thread at a time, the one that writes and syncs.
// Limits: no short writes: an implementation continues after a partial write or EINTR by itself.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <span>

namespace STOWAGE_EXPORT stowage {

/// Where a read may be served from.
enum class read_mode : std::uint8_t {
  cached,  ///< the page cache is fine
  direct,  ///< from the medium itself where the device can (after a failed sync a cache may lie)
  /// What lies in memory alone, without a wait for the medium: where it does not, fewer bytes are read, perhaps none.
  resident,
};

/// What a store lies on; see above for what every implementation promises.
class block_device {
 public:
  block_device() = default;
  block_device(const block_device&) = delete;
  block_device& operator=(const block_device&) = delete;
  virtual ~block_device() = default;

  /// Reads from `offset` into `out`; answers the number of bytes read, less than out.size() only where
  /// the device ends, or, if only what is resident was asked for, at any place. Fails with io_error{offset, errno}.
  virtual result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) = 0;

  /// Writes `buffers` one after another from `offset`. The range must lie inside size(). Fails with
  /// io_error{offset, errno}; no_space where a sparse range could not be filled (also final).
  virtual result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) = 0;

  /// Makes all writes and the size durable. Fails with io_error{errno}.
  virtual result<void> sync() = 0;

  /// Makes the device at least `size` bytes long with space that is really there; new bytes read as
  /// zeros. Fails with no_space (nothing changed; may be tried again) or io_error.
  virtual result<void> allocate(std::uint64_t size) = 0;

  /// Cuts the device to `size` bytes. Fails with io_error.
  virtual result<void> resize(std::uint64_t size) = 0;

  /// Advises the system to forget what it cached of this device, so that later cached reads see the
  /// medium. Best effort; dirty pages stay.
  virtual void drop_cache() = 0;

  /// The length in bytes, as of the last `allocate` or `resize`.
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Releases the device and its lock; nothing may be called afterwards. Does not sync. Fails with
  /// io_error where the system reports one on close.
  virtual result<void> close() = 0;
};

/// Reads exactly out.size() bytes; a device that ends before is corrupt{truncated}.
[[nodiscard]] result<void> read_exactly(block_device& device, std::uint64_t offset,
                                        mutable_byte_view out, read_mode mode);

}  // namespace stowage
