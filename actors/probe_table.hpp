// Pointers by hashes of what they point to.
//
// Contract: open addressing with linear probing; what goes out lets its followers move up, so nothing is ever marked as
// gone. At most half of the slots are taken. Equal hashes may have several pointers: the caller says which one is meant.
// A slot can be fetched before it is needed: in a large table each look-up waits for memory, and prefetched ones wait
// together (docs/decisions/0023-the-overlay-has-a-table-of-ours.md).
// Concurrency: none.
// Limits: 2^31 pointers, 16 bytes a slot; keeps the room of the most there ever was. The hashes are the caller's: who can
// choose them makes one long run of slots, and each look-up walks through it.
#pragma once

#include <stowage/storage/core/huge_memory.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace stowage {

template <class T>
class probe_table {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Has the memory of the slot where `hash` belongs fetched; waits for nothing. Inlined, or GCC 12 takes the call for one
  /// without effect, and leaves it out.
  [[gnu::always_inline]] void prefetch(std::uint32_t hash) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash)]);
  }

  /// The place of the pointer with this hash for which `is_it(pointer)`, or null. Another one of the same hash may be put
  /// there. Valid until the next change.
  template <class IsIt>
  [[nodiscard]] T** find(std::uint32_t hash, IsIt is_it) {
    const auto at = slot_of(hash, is_it);
    return at == no_slot ? nullptr : &slots_[at].what;
  }
  template <class IsIt>
  [[nodiscard]] T* const* find(std::uint32_t hash, IsIt is_it) const {
    const auto at = slot_of(hash, is_it);
    return at == no_slot ? nullptr : &slots_[at].what;
  }

  /// One that is not in here, and not null.
  void insert(std::uint32_t hash, T* what) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    place({what, hash});
    ++size_;
  }

  /// Whether it was in here.
  bool erase(std::uint32_t hash, const T* what) {
    auto hole = slot_of(hash, [what](const T* each) { return each == what; });
    if (hole == no_slot) return false;
    // Who follows without a gap may have been kept from its home by what goes.
    for (auto at = after(hole); slots_[at].what != nullptr; at = after(at)) {
      const auto from_home = (at - home(slots_[at].hash)) & mask();
      const auto from_hole = (at - hole) & mask();
      if (from_home < from_hole) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
    return true;
  }

  void clear() noexcept {
    for (auto& s : slots_) s = {};
    size_ = 0;
  }

  /// Each with its hash.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& s : slots_)
      if (s.what != nullptr) visit(s.hash, s.what);
  }

 private:
  struct slot {
    T* what = nullptr;
    std::uint32_t hash = 0;
  };
  using slot_vector = std::vector<slot, huge_allocator<slot>>;
  static constexpr std::size_t slots_min = 16;
  static constexpr std::size_t no_slot = SIZE_MAX;

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept { return hash & mask(); }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return (at + 1) & mask(); }

  template <class IsIt>
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash, IsIt is_it) const {
    if (slots_.empty()) return no_slot;
    for (auto at = home(hash); slots_[at].what != nullptr; at = after(at))
      if (slots_[at].hash == hash && is_it(slots_[at].what)) return at;
    return no_slot;
  }

  void place(slot s) noexcept {
    auto at = home(s.hash);
    while (slots_[at].what != nullptr) at = after(at);
    slots_[at] = s;
  }

  void grow() {
    auto old = std::exchange(slots_, slot_vector(slots_.empty() ? slots_min : 2 * slots_.size()));
    for (const auto& s : old)
      if (s.what != nullptr) place(s);
  }

  /// A power of two, or none.
  slot_vector slots_;
  std::size_t size_ = 0;
};

}  // namespace stowage
