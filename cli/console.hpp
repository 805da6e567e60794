// What a command says: data to stdout, everything else to stderr, and with which code it exits.
//
// Contract: each complaint and each warning is one line, whatever bytes are in it. The exit code is that
// of the first complaint. Nothing written to stdout is lost silently: `finish` complains if it was. A
// progress line shows only on a terminal, and gives way to other lines.
// Concurrency: one thread at a time.
// Limits: names are quoted by the caller.
#pragma once

#include <stowage/cli/exit_code.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::cli {

enum class line_kind : std::uint8_t { complaint, warning, note };

class console {
 public:
  /// Takes a line without its end.
  using line_taker = std::function<void(line_kind, std::string_view)>;

  console(std::FILE* out, std::FILE* err);

  /// Data, buffered.
  void print(std::string_view data);

  /// `stowage: SUBJECT: what is wrong: what to do`. Answers `code`.
  exit_code complain(std::string_view subject, std::string_view what, std::string_view advice,
                     exit_code code);
  exit_code complain(std::string_view subject, const failure& why);
  /// As `complain`, but silent where the cause was told before: a device that failed fails whatever comes
  /// after it, and that is said once.
  void complain_unless_told(std::string_view subject, const failure& why);
  /// About one of the user's own files or directories, which is no store.
  exit_code complain_of_file(std::string_view path, const failure& why);
  /// For lines that say everything themselves.
  exit_code complain_line(std::string_view line, exit_code code);

  /// From now on lines go to `taker` instead of stderr.
  void hand_lines_to(line_taker taker) { taker_ = std::move(taker); }

  /// A line that does not change the exit code.
  void warn(std::string_view subject, std::string_view what);

  /// What a long-running command does.
  void log(std::string_view subject, std::string_view what);

  /// Replaces the progress line.
  void show_progress(std::string_view text);
  [[nodiscard]] bool shows_progress() const noexcept { return is_terminal_; }

  /// Everything printed so far leaves the process.
  void flush();
  /// The first complaint's code so far.
  [[nodiscard]] exit_code code() const noexcept { return code_; }
  /// Flushes and answers the code to exit with.
  exit_code finish();

 private:
  /// What fails a store for good, whatever the code it is answered with.
  struct cause {
    std::string detail;
    std::optional<std::uint64_t> offset;
    int os_error = 0;

    friend bool operator==(const cause&, const cause&) = default;
  };

  void say(line_kind kind, std::string_view text);
  void clear_progress();

  std::FILE* out_;
  std::FILE* err_;
  line_taker taker_;
  bool is_terminal_;
  bool progress_shown_ = false;
  bool out_failed_ = false;
  exit_code code_ = exit_code::ok;
  std::vector<cause> told_;
};

}  // namespace stowage::cli
