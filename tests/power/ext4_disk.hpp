// A real ext4 on a disk that can be told to fail: a loop device on a file of a recording file system.
//
// Contract: mounted from the constructor on; unmounted when destroyed, or when the test ends in any other way.
// The loop device goes with its last user. Writes, reads and syncs that the rules of the file system
// name fail at the device, so the kernel's own handling of them is what a program meets. Where none of
// this is to be had, `why_unavailable` says so; everything else throws std::runtime_error.
// Concurrency: one thread.
// Limits: root; 64 MiB.
#pragma once

#include <stowage/storage/core/types.hpp>
#include <stowage/tests/power/loop_mount.hpp>
#include <stowage/tests/power/recording_mount.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

class ext4_disk {
 public:
  /// Of the disk, in the file system below.
  static constexpr const char* file_name = "disk";

  /// Empty where it can be had.
  [[nodiscard]] static std::string why_unavailable();

  explicit ext4_disk(recording_mount::recording what = recording_mount::recording::drop);
  ext4_disk(const ext4_disk&) = delete;
  ext4_disk& operator=(const ext4_disk&) = delete;

  /// The path of `name` on the disk.
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return mountpoint_ + "/" + std::string{name};
  }

  [[nodiscard]] const std::string& mountpoint() const noexcept { return mountpoint_; }

  /// As after a restart of the machine: nothing is cached, and what ext4 left unfinished is repaired.
  void restart();

  /// From now on until `heal`, as `rule` says, for a file on the disk: where its bytes from `from` on stand.
  void fail(const std::string& name, std::uint64_t from, const fault_rule& rule);
  /// The same for everything, ext4's own structures included.
  void fail_everything(faulty_call call);
  /// The file system that the disk is a file of.
  [[nodiscard]] recording_mount& below() noexcept { return below_; }
  void heal() { below_.heal(); }
  [[nodiscard]] std::uint64_t faults_injected() { return below_.faults_injected(); }

 private:
  void mount();

  temporary_directory directory_;
  std::string mountpoint_;
  recording_mount below_;
  std::optional<loop_mount> mounted_;
};

/// The pages of a file whose cached bytes are not those on the disk.
[[nodiscard]] std::vector<std::uint64_t> pages_only_in_the_cache(const std::string& path);

}  // namespace stowage::test
