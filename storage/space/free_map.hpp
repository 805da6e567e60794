// The free space of the file, as page-aligned runs.
//
// Contract: runs are disjoint and neighbours are merged, so no two runs touch. Every extent that
// goes in or comes out is a positive multiple of the page in offset and length, and so is every
// `bytes` argument. Releasing what is free already, or claiming what is not, is a broken invariant.
// Each operation takes O(log n) for n runs: one index by offset, one by length and then offset,
// changed together.
// Concurrency: a plain value.
// Limits: knows neither why space is used nor whether a freed page is durable or still read; what
// is released here is given out again at once. `retirement` decides when that is right.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/storage/space/run_tree.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace stowage {

class free_map {
 public:
  /// Visits the runs in offset order. Looks each one up, so changes to the map do not invalidate
  /// it.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = extent;
    using difference_type = std::ptrdiff_t;
    using pointer = const extent*;
    using reference = const extent&;

    iterator() noexcept = default;
    reference operator*() const noexcept { return *run_; }
    pointer operator->() const noexcept { return &*run_; }
    iterator& operator++() noexcept {
      run_ = tree_->first_fit(run_->end(), 1);
      return *this;
    }
    iterator operator++(int) noexcept {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.run_ == b.run_;
    }

   private:
    friend class free_map;
    explicit iterator(const run_tree& tree) noexcept : tree_{&tree}, run_{tree.first_fit(0, 1)} {}

    const run_tree* tree_ = nullptr;
    std::optional<extent> run_;
  };

  free_map() = default;
  free_map(const free_map&) = default;
  free_map& operator=(const free_map&) = default;
  free_map(free_map&& other) noexcept { swap(other); }
  free_map& operator=(free_map&& other) noexcept {
    free_map taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~free_map() = default;

  /// Makes `pages` free; no part of them may be.
  void release(extent pages);

  /// Makes `pages` used; they must be wholly free.
  void claim(extent pages);

  /// Takes `bytes` from the first run that starts at or after the end of the last run taken by this
  /// function and is long enough, else from the lowest one. Moving on like this keeps one group's
  /// run next to the previous one's and spreads wear and fragments over the file.
  [[nodiscard]] std::optional<extent> take_run(std::uint64_t bytes);

  /// As `take_run`, but only of what lies before `end`.
  [[nodiscard]] std::optional<extent> take_run_before(std::uint64_t bytes, std::uint64_t end);

  /// Takes `bytes` from the smallest run that has them; of equal runs, the lowest.
  [[nodiscard]] std::optional<extent> take_best_fit(std::uint64_t bytes);

  /// Takes `bytes` from the lowest run that has them.
  [[nodiscard]] std::optional<extent> take_lowest(std::uint64_t bytes);

  /// Takes the longest run, or its first `bytes_max` if it has more; of equal runs, the lowest.
  [[nodiscard]] std::optional<extent> take_longest(std::uint64_t bytes_max);

  /// As `take_longest`, but only of what lies before `end`, and no less than `bytes_min`. Takes O(log n) for
  /// each run that reaches beyond `end`.
  [[nodiscard]] std::optional<extent> take_longest_before(std::uint64_t bytes_min,
                                                          std::uint64_t bytes_max,
                                                          std::uint64_t end);

  /// Takes the longest of the runs that are shorter than `length_end` and lie before `end`, or its first
  /// `bytes_max`. Takes O(log n), and O(1) for each such run that reaches beyond `end`.
  [[nodiscard]] std::optional<extent> take_short_before(std::uint64_t length_end,
                                                        std::uint64_t bytes_max, std::uint64_t end);

  [[nodiscard]] std::uint64_t free_bytes() const noexcept { return free_bytes_; }
  /// The length of the longest run; 0 if nothing is free.
  [[nodiscard]] std::uint64_t longest_run() const noexcept { return by_offset_.longest(); }
  /// The one that ends highest.
  [[nodiscard]] std::optional<extent> last_run() const noexcept {
    return by_offset_.at_or_before(UINT64_MAX);
  }
  [[nodiscard]] std::size_t run_count() const noexcept { return by_offset_.size(); }

  /// Whether `pages` are wholly free. Any extent may be asked about; an empty one is not free.
  [[nodiscard]] bool contains(extent pages) const noexcept;

  /// Whether any part of `e` is free.
  [[nodiscard]] bool overlaps(extent e) const noexcept;

  [[nodiscard]] iterator begin() const noexcept { return iterator{by_offset_}; }
  [[nodiscard]] iterator end() const noexcept { return {}; }

 private:
  void swap(free_map& other) noexcept;
  void insert(extent run);
  void erase(extent run);
  void replace(extent run, extent by);
  // Takes `piece` out of `run`, which holds it.
  void cut(extent run, extent piece);
  [[nodiscard]] extent take_front(extent run, std::uint64_t bytes);

  run_tree by_offset_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_length_;
  std::uint64_t free_bytes_ = 0;
  std::uint64_t cursor_ = 0;
};

}  // namespace stowage
