// How much all connections together may have under way in the store.
//
// Contract: as long as each request takes its cost before it is sent, and gives it back when it is answered, no
// request finds the store's own queue full. A request that is larger than all there is goes alone.
// Concurrency: one thread.
// Limits: it knows of no other clients of the store.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/resp/session_host.hpp>

#include <cstdint>

namespace stowage::resp {

/// Reads under way. CAF looks for the receiver of an answer one by one.
inline constexpr std::uint64_t reads_under_way_max = 1000;

struct request_cost {
  std::uint64_t writes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reads = 0;

  friend bool operator==(const request_cost&, const request_cost&) = default;
};

/// What is asked of the store as a whole costs nothing.
[[nodiscard]] request_cost cost_of(const store_request& what);

class credit_gate {
 public:
  explicit credit_gate(const credit_limits& limits) : limits_{limits} {}

  [[nodiscard]] bool fits(const request_cost& cost) const noexcept {
    if (cost.writes > 0 && taken_.writes > 0 &&
        (taken_.writes + cost.writes > limits_.max_ops ||
         taken_.bytes + cost.bytes > limits_.max_bytes))
      return false;
    return cost.reads == 0 || taken_.reads + cost.reads <= reads_under_way_max;
  }
  /// Whether a request of which nothing is known yet has a chance.
  [[nodiscard]] bool is_open() const noexcept {
    return taken_.writes < limits_.max_ops && taken_.bytes < limits_.max_bytes &&
           taken_.reads < reads_under_way_max;
  }

  void take(const request_cost& cost) noexcept {
    taken_.writes += cost.writes;
    taken_.bytes += cost.bytes;
    taken_.reads += cost.reads;
  }
  void give_back(const request_cost& cost) noexcept {
    taken_.writes -= cost.writes;
    taken_.bytes -= cost.bytes;
    taken_.reads -= cost.reads;
  }

  [[nodiscard]] const request_cost& taken() const noexcept { return taken_; }

 private:
  const credit_limits limits_;
  request_cost taken_;
};

}  // namespace stowage::resp
