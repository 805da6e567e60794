// What the index knows of one block: immutable, in one allocation, shared by every snapshot.
//
// Contract: who gives a value its place makes the `block`; it never changes after that, except that `publish` says once
// when it became visible. `block_ref` counts its owners, so copying one costs an atomic increment and a snapshot
// shares blocks with the live index.
// Concurrency: a block may be read, and refs copied and dropped, on any thread.
// Limits: holds where the value lies and its checksums, never the value. 40 bytes, 32 per chunk, and the
// name: the memory of an index with millions of blocks.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/op.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace stowage {

class block;

/// Shared ownership of a block; may be null.
class block_ref {
 public:
  block_ref() noexcept = default;
  block_ref(const block_ref& other) noexcept;
  block_ref(block_ref&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  block_ref& operator=(block_ref other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~block_ref();

  // The analyzer does not count owners, and thinks that whoever drops one share destroys the block.
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
  const block* operator->() const noexcept { return block_; }
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
  const block& operator*() const noexcept { return *block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }
  /// Both own the very same block, and not one that looks like it; or neither owns any.
  friend bool operator==(const block_ref& a, const block_ref& b) noexcept = default;

  /// One more owner of a block that has one.
  [[nodiscard]] static block_ref share(const block* b) noexcept;
  /// Who had given up its ownership by `release` has it again.
  [[nodiscard]] static block_ref adopt(const block* b) noexcept { return block_ref{b}; }
  /// The block remains owned, by whoever has the pointer.
  [[nodiscard]] const block* release() noexcept { return std::exchange(block_, nullptr); }

 private:
  friend class block;
  explicit block_ref(const block* b) noexcept : block_{b} {}
  const block* block_ = nullptr;
};

class block {
 public:
  block(const block&) = delete;
  block& operator=(const block&) = delete;

  /// The block a PUT or RELOCATE describes; of a DELETE or CLEAR, what names it. `published` is the publish epoch it
  /// becomes visible in (see `retirement`), if that is known.
  [[nodiscard]] static block_ref make(const op& o, std::uint64_t published);
  /// For who makes it visible, before anybody else can find it.
  void publish(std::uint64_t published) const noexcept { published_ = published; }

  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] version ver() const noexcept { return version_; }
  [[nodiscard]] std::uint16_t flags() const noexcept { return flags_; }
  [[nodiscard]] std::uint64_t expires_at_ms() const noexcept { return expires_at_ms_; }
  [[nodiscard]] std::uint64_t value_length() const noexcept { return value_length_; }
  [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
  [[nodiscard]] std::span<const chunk> chunks() const noexcept;
  /// The PUT that writes this block again, as a checkpoint does.
  [[nodiscard]] op as_op() const noexcept;

 private:
  friend class block_ref;
  block(const op& o, std::uint64_t published) noexcept;
  ~block() = default;
  static void destroy(const block* b) noexcept;

  mutable std::atomic<std::uint32_t> owners_{1};
  std::uint16_t flags_;
  std::uint16_t name_bytes_;
  std::uint16_t chunk_count_;
  std::uint32_t value_length_;
  version version_;
  std::uint64_t expires_at_ms_;
  mutable std::uint64_t published_;
};

inline block_ref::block_ref(const block_ref& other) noexcept : block_{other.block_} {
  if (block_ != nullptr) block_->owners_.fetch_add(1, std::memory_order_relaxed);
}

inline block_ref block_ref::share(const block* b) noexcept {
  b->owners_.fetch_add(1, std::memory_order_relaxed);
  return block_ref{b};
}

inline block_ref::~block_ref() {
  if (block_ != nullptr && block_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    block::destroy(block_);
}

}  // namespace stowage
