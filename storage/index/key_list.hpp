// The keys of a node of the index, in the order of their names.
//
// Contract: a key is a block that had that name once; whose share of it this is, is the tree's business. Searches look
// at the list's own memory: beside each key lie the eight bytes of its name that follow what all the names of the list
// begin with, and a name itself, which lies somewhere else, is read only where those are equal. So a search in a node
// costs few cache misses, where following a pointer for each comparison costs one or two each time. (Prefix truncation and
// poor man's normalized keys, of which Goetz Graefe tells in "Modern B-Tree Techniques", 2011.)
// Concurrency: that of a node: changed by one thread while nobody else looks at it, read on any.
// Limits: 16 bytes a key. What all names begin with is found out anew when the list is split, joined, or given a name
// that begins in another way; it may be longer after keys were erased.
#pragma once

#include <stowage/storage/index/block.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::detail {

class key_list {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
  [[nodiscard]] const block* operator[](std::size_t at) const noexcept { return keys_[at].what; }

  /// The first key from `first` on whose name is not less than `name`; the size if there is none.
  [[nodiscard]] std::size_t lower_bound(std::string_view name,
                                        std::size_t first = 0) const noexcept;
  /// The first key from `first` on whose name is greater than `name`; the size if there is none.
  [[nodiscard]] std::size_t upper_bound(std::string_view name,
                                        std::size_t first = 0) const noexcept;

  /// In front of the key at `at`, or at the end: where its name belongs, except that the first key may have any name, if
  /// nobody searches from it.
  void insert(std::size_t at, const block* key);
  void push_back(const block* key) { insert(size(), key); }
  /// Returns the key that was there; any name.
  const block* replace(std::size_t at, const block* key);
  void erase(std::size_t at);

  /// Moves the keys from `at` on to the end of another list, which gets room for `room` keys at least.
  void move_tail(std::size_t at, key_list& to, std::size_t room);
  void append(const key_list& other);

 private:
  struct entry {
    /// The bytes behind `prefix_`, the first one most significant; zeros where the name ends.
    std::uint64_t head = 0;
    const block* what = nullptr;
  };

  /// Where the search for a name ends before it begins, because it does not begin with `prefix_`: first or last.
  enum class side { within, before, behind };
  [[nodiscard]] side side_of(std::string_view name) const noexcept;
  [[nodiscard]] std::uint64_t head_of(std::string_view name) const noexcept;

  /// The first key from `first` on behind those of a lesser name, and behind one of this name if that is to be passed.
  [[nodiscard]] std::size_t first_behind(std::string_view name, std::size_t first,
                                         bool passes_equal) const noexcept;

  /// All begin with `prefix_` again.
  void shorten_for(std::string_view name);
  /// `has_heads`: those that are there are of `prefix_`.
  void find_prefix(bool has_heads);
  void set_heads() noexcept;

  /// What all names begin with.
  std::string prefix_;
  std::vector<entry> keys_;
};

}  // namespace stowage::detail
