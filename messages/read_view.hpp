// Reads of what is durable, from any thread and without a message.
//
// Contract: a read that begins after a write was answered `durable` sees it; what is only accepted is not seen, except by
// `try_get`, which sees it or says that it cannot. Every byte was verified: now, or when it came into memory. A block
// past its expiry is absent. Two reads may see two states: the later one never sees an older state than the earlier one,
// of a transaction all or nothing. A poisoned store's durable state can be read on; from the store's close on, every read
// answers `closed`, also when the actor system is gone. While there are views, the store publishes every group to them;
// without any, it does not.
// Concurrency: any number of threads may use one view, or copies of it. A read waits for no writer, and for the disk
// only where neither the payload cache nor the page cache has the value. From inside an actor it blocks that actor's
// thread for so long.
// Limits: it lives in the store's process. Copies are cheap; keep one rather than asking for it again.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace STOWAGE_EXPORT stowage {

/// What views read from; a store makes it. As `read_view`, which says what its calls answer.
class view_source {
 public:
  view_source() = default;
  view_source(const view_source&) = delete;
  view_source& operator=(const view_source&) = delete;
  virtual ~view_source() = default;

  virtual result<block_value> get(std::string_view name, std::uint64_t offset,
                                  std::uint64_t length) = 0;
  virtual std::optional<result<block_value>> try_get(std::string_view name, std::uint64_t offset,
                                                     std::uint64_t length) = 0;
  virtual result<block_stat> stat(std::string_view name) = 0;
  virtual result<block_list> list(const list_request& what) = 0;
};

class read_view {
 public:
  /// Of no store.
  read_view() noexcept = default;
  explicit read_view(std::shared_ptr<view_source> source) noexcept : source_{std::move(source)} {}

  /// The value of a block, or the bytes [offset, offset + length) of it, cut to its end. Fails with not_found,
  /// corrupt_block{name, offset}, io_error, closed, and with overloaded where the block was written anew or moved each
  /// of three times it was read: ask again, or ask the store.
  [[nodiscard]] result<block_value> get(std::string_view name, std::uint64_t offset = 0,
                                        std::uint64_t length = UINT64_MAX) const;
  /// What the store would answer to a `get_request` now, of what is accepted too, if that is known without waiting for
  /// anything: no write of the name is on its way to the disk, and the value lies in memory. Else nothing: ask the
  /// store. Fails with not_found alone; everything else is the store's to tell.
  [[nodiscard]] std::optional<result<block_value>> try_get(std::string_view name,
                                                           std::uint64_t offset = 0,
                                                           std::uint64_t length = UINT64_MAX) const;
  /// Fails with closed.
  [[nodiscard]] result<bool> exists(std::string_view name) const;
  /// Fails with not_found, closed.
  [[nodiscard]] result<block_stat> stat(std::string_view name) const;
  /// From one state. Fails with limit_exceeded, closed.
  [[nodiscard]] result<block_list> list(const list_request& what) const;

 private:
  std::shared_ptr<view_source> source_;
};

/// Answered with a `read_view` of everything durable by now. Fails with closed.
struct view_request {};

}  // namespace stowage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::read_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stowage::view_request)
