// Which superseded extents nobody can be reading any more.
//
// Contract: the published state has an epoch, + 1 for each durable group. A reader takes a pin of
// the current epoch before it looks an extent up and drops it when it has read the bytes. An extent
// that was published in epoch b and superseded in epoch r may be read under a pin of epoch p
// exactly if b <= p < r; `collect` hands out every extent without such a pin, and no other. The owner
// calls `advance()` when a group is published, then `retire()` for what that group superseded.
// Each extent waits with one pin that needs it and is looked at again only when that pin is gone;
// with no pins, retiring and collecting cost O(1) per extent.
// Concurrency: one owner thread calls everything here. Pins may be copied and dropped on any
// thread; a drop happens before the `collect` that sees it.
// Limits: does not expire pins. How many bytes wait and for which epoch is told, so that the owner
// can refuse a snapshot that is held too long.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace stowage {

/// Keeps every extent of one published state readable while it, or a copy of it, exists.
class pin {
 public:
  pin() noexcept = default;

  explicit operator bool() const noexcept { return token_ != nullptr; }

  /// The state that is pinned; there must be one.
  [[nodiscard]] std::uint64_t epoch() const;

  void reset() noexcept { token_.reset(); }

 private:
  friend class retirement;

  // Set by the last pin of an epoch as it goes. Its own flag rather than the shared_ptr's
  // use_count, which may be read on another thread but orders nothing.
  using gone_flag = std::shared_ptr<std::atomic<bool>>;

  struct token {
    token(std::uint64_t e, gone_flag g) noexcept : epoch{e}, gone{std::move(g)} {}
    token(const token&) = delete;
    token& operator=(const token&) = delete;
    ~token() { gone->store(true, std::memory_order_release); }

    std::uint64_t epoch;
    gone_flag gone;
  };

  explicit pin(std::shared_ptr<const token> t) noexcept : token_{std::move(t)} {}

  std::shared_ptr<const token> token_;
};

class retirement {
 public:
  explicit retirement(std::uint64_t first_epoch = 0) noexcept : current_{first_epoch} {}
  retirement(const retirement&) = delete;
  retirement& operator=(const retirement&) = delete;
  retirement(retirement&&) noexcept = default;
  retirement& operator=(retirement&&) noexcept = default;
  ~retirement() = default;

  /// A pin of the current epoch; all pins of one epoch share a token.
  [[nodiscard]] pin take();

  /// A group was published: the next epoch begins.
  void advance();

  /// `extents`, published in `born_epoch`, are superseded as of the current epoch.
  void retire(std::span<const extent> extents, std::uint64_t born_epoch);

  /// Appends every retired extent that no pin needs; it is forgotten here.
  void collect(std::vector<extent>& freed);

  [[nodiscard]] std::uint64_t epoch() const noexcept { return current_; }

  /// Bytes of retired extents that still waited for a pin at the last `collect` or `retire`.
  [[nodiscard]] std::uint64_t pinned_bytes() const noexcept { return pinned_bytes_; }

  /// The oldest epoch that is pinned now.
  [[nodiscard]] std::optional<std::uint64_t> oldest_pin_epoch() const noexcept;

 private:
  struct item {
    extent what;
    std::uint64_t born = 0;
    std::uint64_t retired = 0;
  };

  // A past epoch that had pins when it ended.
  struct pinned_epoch {
    std::uint64_t epoch = 0;
    pin::gone_flag gone;
    std::vector<item> waiting;

    [[nodiscard]] bool is_gone() const noexcept { return gone->load(std::memory_order_acquire); }
  };

  // Leaves the item with a pin that needs it, or makes it ready.
  void place(const item& it);

  std::uint64_t current_;
  // Held until the epoch ends, so that taking a pin copies a pointer; absent until one is taken.
  pin current_pin_;
  // In ascending order.
  std::vector<pinned_epoch> past_;
  std::vector<extent> ready_;
  std::uint64_t pinned_bytes_ = 0;
};

}  // namespace stowage
