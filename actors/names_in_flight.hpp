// Which names may have an accepted write that is not durable yet, for any thread to ask without a message.
//
// Contract: a name that is in flight is always told as such; one that is not is sometimes, because names share counters.
// Who is told that a name is not in flight, and looks at the published state afterwards, finds every write of it
// that had been answered when it asked: the registry raises a name before it answers the write, and lowers it after the
// state with the write was published.
// Concurrency: one thread raises and lowers; any thread asks.
// Limits: 64 KiB. With the 1000 ops of the default credit in flight, one other name in 16 is told to be, too.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace stowage {

class names_in_flight {
 public:
  [[nodiscard]] static std::uint32_t hash_of(std::string_view name) noexcept {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
  }

  /// The name with this hash.
  void raise(std::uint32_t hash) noexcept { add(counters_[hash % places], 1); }
  void lower(std::uint32_t hash) noexcept { add(counters_[hash % places], UINT32_MAX); }
  /// Every name, by a CLEAR.
  void raise_all() noexcept { add(all_, 1); }
  void lower_all() noexcept { add(all_, UINT32_MAX); }

  [[nodiscard]] bool may_have(std::string_view name) const noexcept {
    // Pairs with `add`: what was published before a counter fell to zero is seen by who finds the zero. The name's own
    // first: a CLEAR takes over the names that are in flight, raising all before it lowers them.
    return counters_[hash_of(name) % places].load(std::memory_order_acquire) != 0 ||
           all_.load(std::memory_order_acquire) != 0;
  }

 private:
  using counter = std::atomic<std::uint32_t>;
  static constexpr std::size_t places = 16'384;

  // One thread changes them: no locked instruction is needed.
  static void add(counter& to, std::uint32_t amount) noexcept {
    to.store(to.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }

  counter all_{0};
  std::array<counter, places> counters_{};
};

}  // namespace stowage
