// The newest published state of the index, to be looked into from any thread.
//
// Contract: a look that begins after `publish` has returned sees that state or a newer one. Nothing of what a look
// does ever keeps the publisher waiting. Before the first `publish` and after `end` there is no state.
// Concurrency: one thread publishes and ends; any number of threads look. Each of them has one of a few places, with a
// state of its own and a lock that it shares with the others of that place; the publisher leaves the new state beside
// it, and puts it in place only where nobody is at the lock. So threads share no memory that they write to, as long
// as there are no more of them than places.
// Limits: a place that nobody comes to while somebody is stopped at its lock keeps an older state alive until the next
// `publish`. Many threads at one place wait for each other's looks.
#pragma once

#include <stowage/storage/index/block_index.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace stowage {

class published_index {
 public:
  published_index() = default;
  published_index(const published_index&) = delete;
  published_index& operator=(const published_index&) = delete;
  ~published_index();

  /// From here on this is the newest state.
  void publish(const index_snapshot& newest);

  /// There is no state any more.
  void end();

  /// What a look finds: no state, or one with or without the block.
  struct found {
    bool has_state = false;
    block_ref what;
  };
  [[nodiscard]] found find(std::string_view name);

  /// The newest state, to be kept.
  [[nodiscard]] std::optional<index_snapshot> state();

  /// Looks for a block so far.
  [[nodiscard]] std::uint64_t looks() const noexcept;

 private:
  using state_ptr = std::unique_ptr<const std::optional<index_snapshot>>;

  struct alignas(64) place {
    std::mutex busy;
    /// What is looked into; null as long as nothing was published.
    state_ptr current;
    /// What was published since, to become current; owned.
    std::atomic<const std::optional<index_snapshot>*> next{nullptr};
    std::atomic<std::uint64_t> looks{0};

    /// Makes `next` current, under the lock; answers what has to be freed, best without it.
    [[nodiscard]] state_ptr move_on() noexcept;
  };

  void put_in_place(const std::optional<index_snapshot>& newest);
  [[nodiscard]] place& place_of_this_thread() noexcept;

  std::array<place, 16> places_;
};

}  // namespace stowage
