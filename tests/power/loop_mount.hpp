// A file with an ext4 in it, mounted by way of a loop device.
//
// Contract: mounted from the constructor on, unmounted when destroyed. The loop device is free again when its
// last user is gone. Throws `unavailable` where this machine does not let us, else std::runtime_error.
// Concurrency: one thread.
// Limits: root. Nobody unmounts it if the process is killed: say so to somebody who lives on
// (`recording_mount::unmount_first`).
#pragma once

#include <stowage/storage/device/posix_file.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace stowage::test {

/// What this machine does not let us have.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws one or the other.
[[noreturn]] void refuse(const std::string& what, int error);
[[nodiscard]] posix::descriptor open_or_refuse(const std::string& path, int flags);

class loop_mount {
 public:
  /// Of one read or write of the file, which must take that much in one piece.
  static constexpr std::size_t request_bytes_max = std::size_t{1} << 20U;

  /// `spare` is a path for a device node of our own, where the system has none.
  loop_mount(const std::string& file, std::string mountpoint, const std::string& spare);
  loop_mount(const loop_mount&) = delete;
  loop_mount& operator=(const loop_mount&) = delete;
  ~loop_mount();

 private:
  std::string mountpoint_;
};

/// Runs a tool of e2fsprogs on a file that is not mounted; exit codes up to `highest_code` are fine.
void run_ext4_tool(const std::vector<std::string>& arguments, int highest_code);

/// Makes an empty ext4 in a file that is as long as it shall be.
void make_ext4(const std::string& file);
/// Repairs what a crash left.
void repair_ext4(const std::string& file);

}  // namespace stowage::test
