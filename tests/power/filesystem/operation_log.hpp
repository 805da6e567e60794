// What a recording file system was told to change, in the order in which it did, as a file.
//
// Contract: an operation is in the file, whole, when `append` returns. Reading gives what was appended;
// a file that ends in the middle of an operation, or is none of ours, throws std::runtime_error.
// Concurrency: one thread writes.
// Limits: not synced: it outlives processes, not the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

enum class file_call : std::uint8_t {
  create,
  make_directory,
  link,
  remove,
  rename,
  write,
  allocate,
  truncate,
  sync,
  sync_directory,
  note,  ///< not an operation: the driver says what it does
};

[[nodiscard]] std::string_view name_of(file_call call) noexcept;

struct file_operation {
  file_call call = file_call::note;
  /// The inode that is made, named or changed; for sync_directory, the directory's.
  std::uint64_t file = 0;
  /// Where `name` is added or taken away.
  std::uint64_t directory = 0;
  std::string name;
  /// Of a rename.
  std::uint64_t to_directory = 0;
  std::string to_name;
  /// Of a write; the new length, of allocate and truncate.
  std::uint64_t offset = 0;
  /// Of a write or a note.
  std::vector<std::byte> bytes;
};

class operation_log {
 public:
  /// Makes the file, or empties it.
  explicit operation_log(const std::string& path);
  operation_log(const operation_log&) = delete;
  operation_log& operator=(const operation_log&) = delete;
  ~operation_log();

  void append(const file_operation& o);

 private:
  int fd_;
};

[[nodiscard]] std::vector<file_operation> read_operation_log(const std::string& path);

}  // namespace stowage::test
