// Files below one directory, written under names that may be hostile.
//
// Contract: never leaves the directory: names that are no plain relative paths are refused, symlinks are
// not followed, and what is in the way (a file where a directory is needed, a directory or a special file
// where a file is) stays. A file appears complete, by rename, or not at all.
// Concurrency: one thread.
// Limits: files are not synced; they get the mode the umask leaves.
#pragma once

#include <stowage/cli/file_io.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace stowage::cli {

/// Why `name` cannot be a path below a directory: limit_exceeded.
[[nodiscard]] result<void> check_file_path(std::string_view name);

class export_tree {
 public:
  /// Opens the directory, and creates it if it is missing.
  [[nodiscard]] static result<export_tree> open(const std::string& directory);

  /// Writes a file of this relative path. Fails with limit_exceeded where the path cannot be taken.
  [[nodiscard]] result<void> write(std::string_view path, byte_view bytes);

 private:
  explicit export_tree(descriptor root) noexcept : root_{std::move(root)} {}

  result<descriptor> open_below(int at, const std::string& component);
  result<void> write_in(int directory, const std::string& name, byte_view bytes);

  descriptor root_;
  std::uint64_t temporaries_ = 0;
};

}  // namespace stowage::cli
