// What commands were run on a store, what they said, and which states a crash may therefore leave.
//
// Contract: notes are written to the log of a recording file system before a command starts and after it has
// ended, and are all that judging needs. Commands run one after the other. Each consists of units in the
// order in which they take effect; what is found after a crash is what the last acknowledged command left,
// or a prefix of the units of a later one. Versions are compared where a command told them.
// Concurrency: one thread.
// Limits: no two commands at a time.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/tests/power/filesystem/operation_log.hpp>
#include <stowage/tests/storage/recovery/store_model.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stowage::test {

/// A put, or a delete where there is no value.
struct block_change {
  std::string name;
  std::optional<shared_bytes> value;
};

/// Takes effect as a whole or not at all.
using change_unit = std::vector<block_change>;

struct known_block {
  shared_bytes value;
  /// Where a command told it.
  std::optional<version> ver;
};

using known_state = std::map<std::string, known_block, std::less<>>;
using told_versions = std::map<std::string, version, std::less<>>;

/// `state` after `unit`; the versions are those that the command's end told of these names.
void apply(known_state& state, const change_unit& unit, const told_versions& versions);

/// One command, from its notes.
struct noted_command {
  std::string what;
  /// The store exists once this was acknowledged.
  bool creates = false;
  std::vector<change_unit> units;
  /// Indices of its notes in the log.
  std::size_t begin = 0;
  std::optional<std::size_t> end;
  bool acknowledged = false;
  /// How many units took effect, as was seen after its end.
  std::size_t applied = 0;
  told_versions versions;
  /// The state it started from.
  known_state base;
};

// -- notes ------------------------------------------------------------------------------------------

[[nodiscard]] std::vector<std::byte> note_of_store(const std::string& path);
[[nodiscard]] std::vector<std::byte> note_of_begin(const noted_command& c);
[[nodiscard]] std::vector<std::byte> note_of_end(const noted_command& c);

class command_history {
 public:
  /// Reads the notes of a log; throws std::runtime_error where they make no sense.
  explicit command_history(const std::vector<file_operation>& log);

  /// The store's path in the file system.
  [[nodiscard]] const std::string& store() const noexcept { return store_; }
  [[nodiscard]] const std::vector<noted_command>& commands() const noexcept { return commands_; }

  /// The command under way, or the last one, once `done` operations of the log were done.
  [[nodiscard]] const noted_command* current(std::size_t done) const;
  /// Whether a crash after `done` operations must leave a store.
  [[nodiscard]] bool store_must_exist(std::size_t done) const;
  /// Why this may not be found after such a crash; empty if it may.
  [[nodiscard]] std::string complaint_about(const store_state& found, std::size_t done) const;

 private:
  std::string store_;
  std::vector<noted_command> commands_;
};

}  // namespace stowage::test
