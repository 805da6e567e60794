// A recording file system of the test's own, mounted in a directory of its own.
//
// Contract: mounted from the constructor on, unmounted and gone when the mount is destroyed, or when the test
// ends in any other way: the file system notices that, and cleans up behind it. Where FUSE is not to be
// had, `why_unavailable` says so in a phrase; everything else throws std::runtime_error.
// Concurrency: one thread.
// Limits: root, or a user with fusermount3.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/tests/power/filesystem/fault_rules.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::test {

class recording_mount {
 public:
  /// Empty where it can be had.
  [[nodiscard]] static std::string why_unavailable();

  enum class recording : std::uint8_t { keep, drop };

  explicit recording_mount(recording what = recording::keep);
  recording_mount(const recording_mount&) = delete;
  recording_mount& operator=(const recording_mount&) = delete;
  ~recording_mount();

  /// The path of `name` in the file system.
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return mountpoint_ + "/" + std::string{name};
  }
  /// The process that serves it.
  [[nodiscard]] pid_t server() const noexcept { return server_; }
  [[nodiscard]] const std::string& mountpoint() const noexcept { return mountpoint_; }
  [[nodiscard]] const std::string& log_path() const noexcept { return log_path_; }

  // As control_channel.hpp says.
  void note(byte_view text);
  void kill_at_write(std::uint64_t n);
  void await_writes(std::uint64_t n, std::uint64_t begin, std::uint64_t end);
  /// `file` is a path in the file system; the rule's own `file` is not looked at.
  void fail(const std::string& file, const fault_rule& rule);
  void heal();
  [[nodiscard]] std::uint64_t faults_injected();
  void unmount_first(const std::string& path);

 private:
  /// The answer.
  std::string ask(std::string_view message);
  /// Throws a complaint.
  void tell(std::string_view message);
  void end() noexcept;

  temporary_directory directory_;
  std::string mountpoint_;
  std::string log_path_;
  int socket_ = -1;
  pid_t server_ = -1;
};

}  // namespace stowage::test
