// Which value is written to which block, round after round: the same for every engine.
//
// Contract: `round(n)` answers the updates of round n, and `newest()` then tells what each block holds after it; rounds
// are asked for in their order, each as often as there are engines. Value numbers count on.
// Concurrency: one thread.
#pragma once

#include <stowage/bench/engine.hpp>
#include <stowage/bench/measuring/value_source.hpp>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace stowage::bench {

/// A block, and the number of the value it gets.
struct numbered_update {
  std::uint64_t block = 0;
  std::uint64_t value = 0;
};

class update_plan {
 public:
  /// Blocks begin with the value of their own number.
  update_plan(std::uint64_t blocks, std::uint64_t seed) : random_{seed}, newest_(blocks) {
    for (std::uint64_t n = 0; n < blocks; ++n) newest_[n] = n;
    next_value_ = blocks;
  }

  /// `pick(random, blocks)` chooses a block for each update.
  template <class Pick>
  const std::vector<numbered_update>& round(unsigned number, std::uint64_t updates, Pick pick) {
    if (made_ && number == round_) return updates_;
    made_ = true;
    round_ = number;
    updates_.clear();
    for (std::uint64_t i = 0; i < updates; ++i) {
      const auto block = pick(random_, newest_.size());
      newest_[block] = next_value_;
      updates_.push_back({block, next_value_++});
    }
    return updates_;
  }
  [[nodiscard]] const std::vector<std::uint64_t>& newest() const noexcept { return newest_; }

 private:
  std::mt19937_64 random_;
  std::vector<std::uint64_t> newest_;
  std::vector<numbered_update> updates_;
  std::uint64_t next_value_ = 0;
  unsigned round_ = 0;
  bool made_ = false;
};

/// Writes block n with value n, all of them, durably.
void fill(session& client, const value_source& values, std::uint64_t blocks);

/// Reads the blocks of these updates and compares them with the newest values.
void check_updated(session& client, const update_plan& plan,
                   const std::vector<numbered_update>& updates, const value_source& values);

/// Bulk work: puts together, and blocks in ascending order.
[[nodiscard]] inline session_shape bulk_load() { return {1000, true, 64}; }
[[nodiscard]] inline session_shape bulk_updates() { return {1000, false, 64}; }

}  // namespace stowage::bench
