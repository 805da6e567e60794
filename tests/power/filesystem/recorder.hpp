// Puts operations into the log, and does what was asked for when certain ones come.
//
// Contract: an operation is in the log before whoever asked for it has its answer. A process that is to be
// killed at its Nth write dies after that write is recorded and before it is answered.
// Concurrency: any thread.
// Limits: counts of awaited writes begin anew with each note.
#pragma once

#include <stowage/tests/power/filesystem/operation_log.hpp>

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stowage::test {

class recorder {
 public:
  explicit recorder(const std::string& log_path) : log_{log_path} {}

  /// `process`: who asked for it.
  void record(const file_operation& o, pid_t process);
  void note(std::string_view text);

  /// Whoever makes the `n`th write from now on is killed.
  void kill_at_write(std::uint64_t n);
  /// Whether `n` writes since the last note began in [begin, end), by the deadline.
  [[nodiscard]] bool await_writes(std::uint64_t n, std::uint64_t begin, std::uint64_t end,
                                  std::chrono::seconds deadline);

 private:
  std::mutex mutex_;
  std::condition_variable written_;
  operation_log log_;
  /// Where the writes since the last note began.
  std::vector<std::uint64_t> writes_;
  std::uint64_t writes_until_kill_ = 0;
};

}  // namespace stowage::test
