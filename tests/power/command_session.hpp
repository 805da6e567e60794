// Runs commands of the real `stowage` binary on one store, and keeps book of what it must hold.
//
// Contract: each command is noted (command_history.hpp) before it starts and when it has ended: with exit code
// 0, or with its versions on stdout, it is acknowledged. One that was killed or failed, where the caller said
// that it may, can have taken effect in part: a prefix of its units, as the binary lists them afterwards.
// Everything else throws std::runtime_error.
// Concurrency: one thread; commands run one after the other.
// Limits: names are of printable characters without blanks and `\`; each at most once in a command.
#pragma once

#include <stowage/tests/power/child_process.hpp>
#include <stowage/tests/power/command_history.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

/// Names in byte order, and what is put under them.
using named_values = std::map<std::string, std::string>;

enum class how_it_ended : std::uint8_t { acknowledged, failed, killed };

class command_session {
 public:
  using note_sink = std::function<void(byte_view)>;

  /// `path`: the store, for the binary; `name`: the same for whoever reads the notes.
  command_session(std::string path, const std::string& name, note_sink note);

  // The ways in which a store comes to be.
  how_it_ended create();
  how_it_ended create_by_import(const named_values& files);
  how_it_ended create_by_serve();

  how_it_ended put(const std::string& name, std::string value);
  how_it_ended erase(const std::vector<std::string>& names);
  /// Puts, and deletes where there is no value, as one transaction.
  how_it_ended transact(const change_unit& changes);
  /// One put each; a `/` in a name is a directory.
  how_it_ended import(const named_values& files);
  /// From its ready line to its answer to SIGTERM, with `meanwhile` between.
  how_it_ended serve(const std::function<void()>& meanwhile = {});
  /// From its ready line to where it ends by itself.
  how_it_ended serve_until_it_ends();

  /// Whether commands may fail with exit code 4 (or 10, on a file system that went read-only) from now on;
  /// `first` is called when one has, before anything else.
  void allow_failures(bool allowed, std::function<void()> first = {});
  /// Whether commands may be killed from now on.
  void allow_kills(bool allowed) { kills_allowed_ = allowed; }

  /// The store is there already, and holds this.
  void adopt(const store_state& there);
  /// The machine was started anew. What the commands since the last acknowledged one had left may be less now,
  /// or another prefix: nothing was synced since, only seen.
  void look_again();
  /// What the store holds, as far as commands told.
  [[nodiscard]] const known_state& state() const noexcept { return state_; }
  [[nodiscard]] bool exists() const noexcept { return exists_; }
  /// Requires that the binary verifies the store and exports exactly that.
  void require_contents();
  /// What the last command that failed said.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
  [[nodiscard]] std::uint64_t commands() const noexcept { return commands_; }

 private:
  using listing = std::map<std::string, version, std::less<>>;
  using printed_fn = std::function<void(const std::string& out, told_versions& printed)>;

  how_it_ended run(noted_command c, const std::vector<std::string>& words,
                   std::string_view input = {}, const printed_fn& read_output = {});
  how_it_ended finish(noted_command c, const ended_child& said, const printed_fn& read_output);
  how_it_ended run_server(noted_command c,
                          const std::function<void(child_process& server)>& when_ready);
  [[nodiscard]] how_it_ended judge(const noted_command& c, const ended_child& said);
  [[nodiscard]] noted_command import_of(const named_values& files, std::string& directory);
  [[nodiscard]] std::string server_config();
  [[nodiscard]] std::optional<listing> list();
  /// Finds which units of it took effect; false if what is listed is no prefix of it.
  [[nodiscard]] bool settle(noted_command& c);
  [[nodiscard]] bool is_listed(const listing& there, const known_state& known,
                               const told_versions& fresh) const;
  /// A path for a file or directory of ours.
  [[nodiscard]] std::string scratch(const std::string& stem);

  std::string path_;
  note_sink note_;
  temporary_directory work_;
  known_state state_;
  bool exists_ = false;
  /// No version told so far is higher.
  version newest_;
  /// A command, and what there was before it.
  struct past_command {
    noted_command command;
    known_state state_before;
    version newest_before;
  };
  /// From the last acknowledged one on.
  std::vector<past_command> unsettled_;
  bool failures_allowed_ = false;
  std::function<void()> on_failure_;
  bool kills_allowed_ = false;
  std::string complaint_;
  std::uint64_t commands_ = 0;
  std::uint64_t scratches_ = 0;
};

}  // namespace stowage::test
