// Processes that open, kill or read what a workload has left on the disk: each is stowage-bench itself, with hidden
// options.
//
// Contract: `open` opens an engine, reads one block, says so on stdout and closes it; `overwrite` opens it, makes new
// values durable, says so and ends by SIGKILL; `scan` reads a file from its start to its end.
// Concurrency: one thread.
#pragma once

#include <stowage/storage/device/descriptor.hpp>

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace stowage::bench {

struct process_role {
  /// "open", "overwrite" or "scan"; empty: not one of these processes.
  std::string role;
  std::string engine;
  /// Of the engine; of a scan, the file.
  std::string path;
  std::uint64_t blocks = 0;
  std::uint64_t value_bytes = 0;
  std::uint64_t seed = 0;
  /// What "open" reads, and the number of the value it must find; "overwrite" gives each `step`th block the value of
  /// its number from here on.
  std::uint64_t block = 0;
  std::uint64_t value = 0;
  std::uint64_t step = 1;
};

/// What such a process does.
void play(const process_role& what);

/// A process under way, which has printed its one line.
class started_process {
 public:
  /// Returns with the line; throws if none comes.
  explicit started_process(const process_role& what);
  started_process(const started_process&) = delete;
  started_process& operator=(const started_process&) = delete;
  ~started_process();

  /// A number: of "open", bytes of memory that its engine took.
  [[nodiscard]] double said() const noexcept { return said_; }

 private:
  pid_t process_ = 0;
  descriptor output_;
  double said_ = 0;
};

}  // namespace stowage::bench
