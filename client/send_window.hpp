// Credit that blocking clients take before they send: so requests wait in their threads, not in a mailbox.
//
// Contract: at most so many ops and bytes are taken at a time, in the order they were asked for; a request
// larger than the whole window goes alone. Clients that share one window never find the store's own queue
// full, so none of them is ever refused as `overloaded`.
// Concurrency: any number of threads.
// Limits: it knows only of clients that share it.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/storage/core/export.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace STOWAGE_EXPORT stowage {

/// What clients in different threads share.
class send_window {
 public:
  explicit send_window(credit_limits limits) : limits_{limits} {}

  /// What a request took; given back with its end.
  class taken {
   public:
    taken(send_window& from, std::uint64_t ops, std::uint64_t bytes) noexcept
        : from_{&from}, ops_{ops}, bytes_{bytes} {}
    taken(const taken&) = delete;
    taken& operator=(const taken&) = delete;
    ~taken() { from_->give_back(ops_, bytes_); }

   private:
    send_window* from_;
    std::uint64_t ops_;
    std::uint64_t bytes_;
  };

  /// Blocks until there is room and everyone who asked earlier has theirs.
  [[nodiscard]] taken take(std::uint64_t ops, std::uint64_t bytes);

 private:
  void give_back(std::uint64_t ops, std::uint64_t bytes);
  [[nodiscard]] bool fits(std::uint64_t ops, std::uint64_t bytes) const noexcept {
    return ops_ == 0 || (ops_ + ops <= limits_.max_ops && bytes_ + bytes <= limits_.max_bytes);
  }

  const credit_limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t ops_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace stowage
