// The command line as values.
//
// Contract: `parse_command_line` gives a command whose arguments were checked, the text of --help or
// --version, or what is wrong with the line. Names are any bytes, of `--hex-name` already decoded.
// Concurrency: pure functions.
// Limits: does not look at files.
#pragma once

#include <stowage/cli/server_address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stowage::cli {

struct create_command {
  std::string store;
};

struct put_command {
  std::string store;
  std::string name;
  /// `-` is stdin.
  std::string file = "-";
};

struct get_command {
  std::string store;
  std::string name;
  /// `-` is stdout.
  std::string file = "-";
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
};

struct delete_command {
  std::string store;
  std::vector<std::string> names;
};

struct list_command {
  std::string store;
  std::string prefix;
  std::string after;
  std::uint64_t limit = UINT64_MAX;
  bool as_long = false;
  bool as_json = false;
};

/// With `connect` there is no `store`: it is asked of whoever serves it.
struct stat_command {
  std::string store;
  std::optional<std::string> name;
  bool as_json = false;
  std::optional<server_address> connect = {};
};

/// Its lines come on stdin.
struct txn_command {
  std::string store;
};

struct import_command {
  std::string store;
  std::string directory;
  std::string prefix;
  bool create = false;
};

struct export_command {
  std::string store;
  std::string directory;
  std::string prefix;
};

struct verify_command {
  std::string store;
  bool as_json = false;
  std::optional<server_address> connect = {};
};

struct salvage_command {
  std::string store;
  /// The new store.
  std::string out;
};

struct compact_command {
  std::string store;
  std::optional<server_address> connect = {};
};

struct backup_command {
  std::string store;
  /// The new store; with `connect`, its name in the server's directory of backups.
  std::string out;
  std::optional<server_address> connect = {};
};

enum class inspected_part : std::uint8_t { superblock, journal, checkpoint, extents };

struct inspect_command {
  std::string store;
  inspected_part part = inspected_part::superblock;
  bool as_json = false;
};

struct map_command {
  std::string store;
  /// `-` is stdout.
  std::string file;
};

struct serve_command {
  /// Without one, the defaults.
  std::optional<std::string> config_file;
};

struct check_config_command {
  std::string file;
};

/// The text of --help or --version.
struct text_command {
  std::string text;
};

using command =
    std::variant<create_command, put_command, get_command, delete_command, list_command,
                 stat_command, txn_command, import_command, export_command, verify_command,
                 salvage_command, compact_command, backup_command, inspect_command, map_command,
                 serve_command, check_config_command, text_command>;

/// What is wrong with a command line and what to do.
struct usage_mistake {
  /// The command, or `command line`.
  std::string where;
  std::string what;
  std::string advice;
};

/// `arguments` are those after the program's name.
[[nodiscard]] std::variant<command, usage_mistake> parse_command_line(
    std::vector<std::string> arguments);

}  // namespace stowage::cli
