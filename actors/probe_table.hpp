// Numbers by their hashes, of 8 bytes each.
//
// Contract: open addressing with linear probing; what goes out lets its followers move up, so nothing is ever marked as
// gone. At most half of the slots are taken. Equal hashes may have several numbers: the caller says which one is meant.
// A slot can be fetched before it is needed: in a large table each look-up waits for memory, and prefetched ones wait
// together (docs/decisions/0023-the-overlay-has-a-table-of-ours.md).
// Concurrency: none.
// Limits: 2^31 numbers; keeps the room of the most there ever was. The hashes are the caller's: who can choose them makes
// one long run of slots, and each look-up walks through it.
#pragma once

#include <stowage/storage/core/invariant.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace stowage {

class probe_table {
 public:
  /// No number.
  static constexpr std::uint32_t none = UINT32_MAX;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Has the memory of the slot where `hash` belongs fetched; waits for nothing. Inlined, or GCC 12 takes the call for one
  /// without effect, and leaves it out.
  [[gnu::always_inline]] void prefetch(std::uint32_t hash) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash)]);
  }

  /// The number with this hash for which `is_it(number)`, or `none`.
  template <class IsIt>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, IsIt is_it) const {
    if (slots_.empty()) return none;
    for (auto at = home(hash); slots_[at].number != none; at = after(at))
      if (slots_[at].hash == hash && is_it(slots_[at].number)) return slots_[at].number;
    return none;
  }

  /// A number that is not in here.
  void insert(std::uint32_t hash, std::uint32_t number) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    place({hash, number});
    ++size_;
  }

  /// A number that is.
  void erase(std::uint32_t hash, std::uint32_t number) {
    invariant(size_ > 0, "what is erased is there");
    auto hole = home(hash);
    while (slots_[hole].number != number) {
      invariant(slots_[hole].number != none, "what is erased is there");
      hole = after(hole);
    }
    // Who follows without a gap may have been kept from its home by what goes.
    for (auto at = after(hole); slots_[at].number != none; at = after(at)) {
      const auto from_home = (at - home(slots_[at].hash)) & mask();
      const auto from_hole = (at - hole) & mask();
      if (from_home < from_hole) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
  }

  void clear() noexcept {
    for (auto& s : slots_) s = {};
    size_ = 0;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& s : slots_)
      if (s.number != none) visit(s.number);
  }

 private:
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t number = none;
  };
  static constexpr std::size_t slots_min = 16;

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept { return hash & mask(); }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return (at + 1) & mask(); }

  void place(slot s) noexcept {
    auto at = home(s.hash);
    while (slots_[at].number != none) at = after(at);
    slots_[at] = s;
  }

  void grow() {
    auto old =
        std::exchange(slots_, std::vector<slot>(slots_.empty() ? slots_min : 2 * slots_.size()));
    for (const auto& s : old)
      if (s.number != none) place(s);
  }

  /// A power of two, or none.
  std::vector<slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace stowage
