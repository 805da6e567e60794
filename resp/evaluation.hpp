// Commands that are decided on what the blocks are now: one that reads before it writes, or the queue of EXEC.
//
// Contract: reads what the commands need, decides, and commits what they write with the expectation that nothing
// they read has changed. Where something has, it begins anew, unless one of the watched blocks is another one than
// was watched: then nothing is written and the answer is that there is none. `done` is called exactly once. A
// request that was taken is carried to its end, whether or not its client is still there. Single commands that read
// and write one block do not overtake each other, from whichever connection they come: those that meet an attempt
// under way wait for it, and are then decided one behind the other and committed as one.
// Concurrency: that of the host.
// Limits: an evaluation that others keep overtaking gives up after `attempts_max`, having written nothing; one
// reads at most `bytes_read_max` of values.
#pragma once

#include <stowage/resp/command.hpp>
#include <stowage/resp/reply.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stowage::resp {

class session_host;

struct queued_command {
  const command_spec* spec = nullptr;
  arguments args;
};

struct evaluation {
  static constexpr int attempts_max = 10'000;
  static constexpr std::uint64_t bytes_read_max = 256 * limits::mib;

  std::vector<queued_command> commands;
  /// Versions the watched blocks had; version{} = absent.
  std::map<std::string, version, std::less<>> watched;
  /// Answer with all of the commands' answers, as EXEC.
  bool is_transaction = false;
  /// Runs commands that are not of blocks.
  std::function<reply(const queued_command&)> run_other;
  reply_handler done;
};

/// Whether it may come to a commit that what was asked before it could not be told apart from: nothing of the same
/// connection may be asked before it is done.
[[nodiscard]] bool reads_before_it_writes(const evaluation& e);

void start(session_host& host, evaluation what);

}  // namespace stowage::resp
