// Makes the directory a store is to stand in.
//
// Contract: each missing directory of the path is made (mode 0700) and its name synced in the directory
// above, so that a store created in it durably is found after a power loss.
// Concurrency: any thread; another process making the same directories does no harm.
// Limits: what exists stays as it is, whoever owns it.
#pragma once

#include <stowage/storage/core/result.hpp>

#include <string>

namespace stowage {

/// Makes every missing directory above the file `path`. Fails with no_such_store where a part of the path
/// is no directory, permission_denied, read_only, no_space or io_error.
[[nodiscard]] result<void> make_directories_for(const std::string& path);

}  // namespace stowage
