// Many puts in flight at once, answered in the order they were sent.
//
// Contract: puts take effect in the order of `put`, so a process killed at any moment has stored a prefix
// of them. Each one's failure is reported once; `finish` waits for all and makes them durable.
// Concurrency: one thread, which blocks when the window is full.
// Limits: at most 256 puts and 32 MiB of values are in flight, or one larger value alone.
#pragma once

#include <stowage/cli/live_store.hpp>
#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace stowage::cli {

class put_pipeline {
 public:
  using on_failure_fn = std::function<void(const failure& why)>;

  put_pipeline(live_store& store, on_failure_fn on_failure);

  /// Waits until a value of `bytes` fits the window. False once the store takes no more.
  bool make_room(std::uint64_t bytes);
  void put(std::string name, shared_bytes value);
  /// Waits for all answers, then for everything to be durable.
  [[nodiscard]] result<void> finish();

 private:
  using waiting =
      decltype(compat::request(std::declval<caf::scoped_actor&>().ptr(),
                               std::declval<const store_actor&>(), std::declval<put_request>()));
  struct in_flight {
    waiting answer;
    std::string name;
    std::uint64_t bytes;
  };

  void take_oldest();

  live_store& store_;
  on_failure_fn on_failure_;
  caf::scoped_actor self_;
  std::deque<in_flight> window_;
  std::uint64_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace stowage::cli
