// Reading and writing the user's files, whole.
//
// Contract: goes on after partial reads and writes and after signals; failures carry errno and are
// io_error, or limit_exceeded where a file is larger than a value may be.
// Concurrency: system calls; one owner per descriptor.
// Limits: follows symlinks only where the caller's flags let it.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/posix_file.hpp>

#include <string>

namespace stowage::cli {

using posix::descriptor;

/// The failure of a system call on one of the user's files.
[[nodiscard]] failure file_failure(int os_error, std::string what);

/// Everything from the descriptor's position on, as a value.
[[nodiscard]] result<shared_bytes> read_value(int fd);

/// All of the file at `path`, as a value.
[[nodiscard]] result<shared_bytes> read_file(const std::string& path);

[[nodiscard]] result<void> write_all(int fd, byte_view bytes);

/// The file at `path` has these bytes and no others afterwards. Fails also with invalid_argument where it is the
/// store they came from.
[[nodiscard]] result<void> write_output(const std::string& path, const std::string& store,
                                        byte_view bytes);

}  // namespace stowage::cli
