// Another program, run as a child of this one.
//
// Contract: its stdout comes through a pipe, its stderr goes to a file. It never outlives the object: the
// destructor kills and reaps it. Waiting is for events, with a deadline that only ends a hang.
// Concurrency: one thread.
// Limits: Linux with pidfd_open (5.3).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stowage::test {

/// Longer than anything takes but a hang.
inline constexpr std::chrono::seconds hang_after{120};

struct exit_state {
  /// 128 + N where signal N ended it, as shells say it.
  int code = 0;
  /// It had to be killed, because it did not end by itself.
  bool hung = false;

  [[nodiscard]] bool was_killed() const noexcept { return code == 128 + 9 && !hung; }
};

struct child_options {
  /// NAME=VALUE, beside this process's own.
  std::vector<std::string> environment{};
  std::string directory{};
  std::string stderr_path = "/dev/null";
  /// What its stdin has: a file, or a pipe to `write_line` if empty.
  std::string stdin_path = "/dev/null";
};

class child_process {
 public:
  /// Throws std::runtime_error if it cannot be started.
  child_process(std::vector<std::string> command, const child_options& options);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  [[nodiscard]] pid_t id() const noexcept { return pid_; }

  enum class next : std::uint8_t { line, nothing, end };
  /// The next whole line of its stdout, without the newline; waits at most so long for it. After the end
  /// what was left is not a line.
  [[nodiscard]] next read_line(std::string& line, std::chrono::milliseconds wait);
  /// All the rest of its stdout.
  [[nodiscard]] std::string read_all();

  void write_line(const std::string& text);
  void kill_now();
  /// Waits for its end.
  exit_state wait();

 private:
  void fill(std::chrono::milliseconds wait);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int stdout_ = -1;
  int stdin_ = -1;
  bool ended_ = false;
  std::string read_;
  std::size_t line_at_ = 0;
};

/// Runs it to its end.
struct finished_process {
  exit_state state;
  std::string out;
};
[[nodiscard]] finished_process run_to_end(std::vector<std::string> command,
                                          const child_options& options);

}  // namespace stowage::test
