// The syscall sweep: the Kth call of each kind fails, in real programs on a real file.
//
// Contract: a case is SUBJECT/CALL/FAULT/K. The subject runs in a fresh directory under
// `strace -e inject`, and what follows has to be what docs/durability.md allows: exit code and message,
// nothing lost that was answered durable, groups whole, a store that can be recovered and used again.
// Subjects are commands of the `stowage` binary, traced from their start, and `crash-driver`, traced
// from when its store is open; strace counts calls for each thread, so these two together reach all.
// Concurrency: one thread; sweeps in directories of their own may go side by side.
// Limits: a fault in a call loses nothing that earlier calls wrote: lost writes are the simulation's.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stowage::test {

struct sweep_programs {
  std::string stowage;
  std::string driver;
  /// The library that makes writes short.
  std::string short_writes;
};

struct sweep_case {
  std::string subject;
  /// A system call, or a short write.
  std::string call;
  std::string fault;
  std::size_t at = 1;
};

[[nodiscard]] std::string name_of(const sweep_case& one);
[[nodiscard]] std::optional<sweep_case> sweep_case_from_name(const std::string& name);

/// Why strace cannot be used here; empty if it can.
[[nodiscard]] std::string why_strace_is_not_usable();

struct sweep_report {
  std::size_t runs = 0;
  /// Cases whose fault came to pass; the others ended before their Kth call.
  std::size_t injected = 0;
  std::map<int, std::size_t> by_exit_code;
  std::vector<std::string> violations;
};

class syscall_sweep {
 public:
  /// Works in `directory`, which is empty. Throws std::runtime_error where the subjects cannot even run
  /// without a fault.
  syscall_sweep(const sweep_programs& programs, const std::string& directory);
  syscall_sweep(const syscall_sweep&) = delete;
  syscall_sweep& operator=(const syscall_sweep&) = delete;
  ~syscall_sweep();

  /// Every case there is, by what the subjects call without a fault.
  [[nodiscard]] const std::vector<sweep_case>& cases() const noexcept;

  /// Runs one, and adds what was wrong to `report`; then what it left is in `run` in the directory, until the
  /// next one runs.
  void run(const sweep_case& one, sweep_report& report);

 private:
  class stage;
  std::unique_ptr<stage> stage_;
};

/// At most `count` of `all`, evenly spread.
[[nodiscard]] std::vector<sweep_case> sample_of(const std::vector<sweep_case>& all,
                                                std::size_t count);

}  // namespace stowage::test
