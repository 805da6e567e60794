// Accepted puts through `put_many`, several messages under way: the fast path for bulk work.
//
// Contract: `put` may wait for the answer of an earlier message; after `drain` every put is accepted. A refused
// one throws. Whoever wants them durable flushes then.
// Concurrency: one thread.
#pragma once

#include <stowage/bench/running_store.hpp>
#include <stowage/storage/core/bytes.hpp>

#include <caf/scoped_actor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace stowage::bench {

class bulk_writer {
 public:
  // What a message has at most, and how many are under way.
  static constexpr std::uint64_t message_ops_max = 1000;
  static constexpr std::uint64_t message_bytes_max = std::uint64_t{4} << 20U;
  static constexpr std::size_t messages_under_way = 8;

  explicit bulk_writer(running_store& store);
  bulk_writer(const bulk_writer&) = delete;
  bulk_writer& operator=(const bulk_writer&) = delete;
  ~bulk_writer();

  void put(std::string name, shared_bytes value);
  void drain();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stowage::bench
