// Runs of the file in offset order, searchable by length.
//
// Contract: a balanced (AVL) tree keyed by offset in which every subtree knows its longest run, so
// that "the first run from here on that is long enough" takes O(log n), as does everything else. A
// list or a std::map cannot answer that without walking past the short runs, and a fragmented file
// has a million of them. AVL and not a randomised tree, because the offsets may come from a hostile
// file and the depth (at most 1.45 log2 n) bounds the recursion. Runs never overlap; the caller
// sees to it.
// Concurrency: a plain value.
// Limits: does not merge neighbours and does not know what a run is for; `free_map` does. At most
// 2^32 - 1 runs.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

namespace stowage {

class run_tree {
 public:
  run_tree() = default;
  run_tree(const run_tree&) = default;
  run_tree& operator=(const run_tree&) = default;
  run_tree(run_tree&& other) noexcept { swap(other); }
  run_tree& operator=(run_tree&& other) noexcept {
    run_tree taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~run_tree() = default;

  /// Adds a run; none may start at its offset already.
  void insert(extent run);

  /// Removes the run that starts at `offset`; there must be one.
  void erase(std::uint64_t offset);

  /// Puts `run` in the place of the run that starts at `offset`; the order must stay the same.
  void replace(std::uint64_t offset, extent run);

  /// The run with the greatest offset that is not greater than `offset`.
  [[nodiscard]] std::optional<extent> at_or_before(std::uint64_t offset) const noexcept;

  /// The run with the least offset, from `from` on, that has at least `length` bytes.
  [[nodiscard]] std::optional<extent> first_fit(std::uint64_t from,
                                                std::uint64_t length) const noexcept;

  /// The length of the longest run; 0 if there is none.
  [[nodiscard]] std::uint64_t longest() const noexcept { return longest_of(root_); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Nodes on the longest way down.
  [[nodiscard]] unsigned height() const noexcept { return height_of(root_); }

 private:
  // Indices into one deque: half the size of pointers, copyable as a whole, and growing it moves no
  // node.
  using index = std::uint32_t;
  static constexpr index none = std::numeric_limits<index>::max();

  struct node {
    extent run;
    std::uint64_t longest = 0;
    index left = none;
    index right = none;
    std::uint8_t height = 1;
  };

  void swap(run_tree& other) noexcept;
  [[nodiscard]] unsigned height_of(index i) const noexcept;
  [[nodiscard]] std::uint64_t longest_of(index i) const noexcept;
  [[nodiscard]] index make_node(extent run);
  void drop_node(index i) noexcept;
  void update(index i) noexcept;
  index rotate_left(index i) noexcept;
  index rotate_right(index i) noexcept;
  index balance(index i) noexcept;
  index insert_below(index i, index fresh);
  index erase_below(index i, std::uint64_t offset);
  index detach_first(index i, index& first) noexcept;
  void replace_below(index i, std::uint64_t offset, extent run);
  [[nodiscard]] index first_fit_below(index i, std::uint64_t from,
                                      std::uint64_t length) const noexcept;

  std::deque<node> nodes_;
  index root_ = none;
  // Nodes no longer used, chained through `left`.
  index spare_ = none;
  std::size_t size_ = 0;
};

}  // namespace stowage
