// A page of a checkpoint: name-sorted entries, 64 KiB of them at most.
//
// Contract: a page starts with its number, which its checksum (kept in the manifest) so covers; a page
// read from the wrong place never passes for the right one. Entries are PUT ops in name order.
// Concurrency: the builder has one owner; decoding is a pure function.
// Limits: an entry larger than a page stands alone in a page of its own size.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/op.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage {

/// Collects entries until the page is full.
class checkpoint_page_builder {
 public:
  explicit checkpoint_page_builder(std::uint64_t page_number) noexcept : number_{page_number} {}

  /// Whether `entry` still fits; an empty page takes any entry.
  [[nodiscard]] bool fits(const op& entry) const noexcept;
  /// Appends; names must ascend.
  void add(const op& entry);

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::uint32_t entry_count() const noexcept { return count_; }
  [[nodiscard]] const std::string& first_name() const noexcept { return first_name_; }
  /// The finished page: whole 4 KiB pages.
  [[nodiscard]] page_buffer finish() const;

 private:
  std::uint64_t number_;
  std::uint32_t count_ = 0;
  std::string first_name_;
  std::string last_name_;
  std::vector<std::byte> body_;
};

/// Calls `visit` for every entry of a page in order. `visit` returns a failure to stop with it. Fails
/// with `corrupt` when header, order or entries are wrong. The checksum was compared by the caller, who
/// has it from the manifest.
[[nodiscard]] result<void> decode_checkpoint_page(
    byte_view page, std::uint64_t offset, std::uint64_t page_number,
    const std::function<result<void>(const op&)>& visit);

}  // namespace stowage
