// The creation of a store's file: it appears under its name complete, or not at all.
//
// Contract: the bytes are written to a temporary file in the same directory; `publish` gives it its
// name without ever replacing anything, and makes the name durable. Until then nothing is at the path,
// and the destructor removes the temporary file. It is locked from the beginning and stays so.
// Concurrency: one thread at a time. Any number may create at one path; one of them publishes.
// Limits: a killed creation leaves its temporary file, `.NAME.PID-N.creating`. Where making the name
// durable fails, the complete file stays at the path.
#pragma once

#include <stowage/storage/core/result.hpp>
#include <stowage/storage/device/block_device.hpp>
#include <stowage/storage/device/posix_file.hpp>

#include <memory>
#include <string>

namespace stowage {

class posix_creation {
 public:
  /// Starts with an empty device. Fails with already_exists where anything has that name, a dangling
  /// symlink too; no_such_store where the directory is missing; permission_denied, read_only,
  /// no_space, invalid_argument or io_error.
  [[nodiscard]] static result<posix_creation> begin(const std::string& path);

  posix_creation(posix_creation&&) noexcept = default;
  posix_creation& operator=(posix_creation&&) = delete;
  ~posix_creation();

  /// What to write to, before `publish`.
  [[nodiscard]] block_device& device();

  /// Names the file and hands out its device, still locked. The caller has synced everything. Called
  /// once. Fails with already_exists where another was faster, or io_error.
  [[nodiscard]] result<std::unique_ptr<block_device>> publish();

 private:
  posix_creation(posix::descriptor directory, std::string path, std::string temporary) noexcept;

  [[nodiscard]] std::string name() const;
  [[nodiscard]] result<void> give_name();

  /// Open exactly as long as the temporary name is there to be removed.
  posix::descriptor directory_;
  std::string path_;
  std::string temporary_;
  std::unique_ptr<block_device> device_;
};

}  // namespace stowage
