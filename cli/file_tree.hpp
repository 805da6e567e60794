// The regular files below a directory, in byte order of their relative paths.
//
// Contract: visits each regular file once, with its path below the directory (`/` between components) and
// a descriptor of the directory it is in. Symlinks and everything else that is no regular file are
// skipped, never followed. What cannot be read is reported, and the walk goes on.
// Concurrency: one thread.
// Limits: holds the entries of one directory per level in memory, and a descriptor per level; paths
// longer than a block's name may be are reported instead of visited.
#pragma once

#include <stowage/storage/core/result.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace stowage::cli {

struct tree_visitor {
  /// `directory` is the descriptor of the directory that holds it as `name`. Answers whether to go on.
  std::function<bool(const std::string& path, int directory, const std::string& name)> on_file;
  /// Something at `path` could not be read or is too long.
  std::function<void(const std::string& path, const failure& why)> on_trouble;
};

/// Fails where `directory` itself cannot be opened. `path_bytes_max` is for paths below it.
[[nodiscard]] result<void> walk_files(const std::string& directory, std::size_t path_bytes_max,
                                      const tree_visitor& visitor);

}  // namespace stowage::cli
