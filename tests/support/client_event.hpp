// What a program says about its requests to a store, one line each, for another process to read.
//
// Contract: a line for a request is written before the request is sent, one for an answer after the answer
// came, so the order of lines bounds the order of events. A line is at most `client_event_bytes_max` bytes:
// one write of it to a pipe is all there or not at all, also when the writer is killed.
// Concurrency: plain values.
// Limits: names and stamps without blanks and `=`.
#pragma once

#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/tests/support/history.hpp>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

inline constexpr std::size_t client_event_bytes_max = PIPE_BUF;

enum class client_event_kind : std::uint8_t {
  opening,  ///< the store is about to be opened
  opened,   ///< it serves; `digest` is of what it has
  ask,      ///< writes are about to be sent
  got,      ///< one answer for each of them
  refused,  ///< one for all of them: none was taken, or it failed
  get,
  saw,  ///< what the block has
  list,
  listed,  ///< all blocks
  flush,
  flushed,
  checkpoint,
  checkpointed,
  compact,
  compacted,
  failed,  ///< what is no write; with request 0, opening or closing
  closing,
  closed,
};

/// Of one write: its version, or why it has none.
struct write_answer {
  version ver;
  errc why = errc::none;
  /// For a conflict: the version that is there.
  version actual;

  friend bool operator==(const write_answer&, const write_answer&) = default;
};

struct client_event {
  client_event_kind what = client_event_kind::opening;
  std::uint64_t client = 0;
  /// Counted from 1 in each client.
  std::uint64_t request = 0;
  /// Of an `ask`: answered when durable; all or nothing.
  bool durable = false;
  bool whole = false;
  /// What an `ask` writes, what was seen or listed: values are stamps.
  std::vector<written> blocks;
  /// Of a `got`; the one of `refused` and `failed`.
  std::vector<write_answer> answers;
  /// What a `get` and a `saw` are about, and what block a refusal names.
  std::string name;
  std::string digest;
};

/// With the newline.
[[nodiscard]] std::string encode(const client_event& event);
/// Without it; nothing if this is no such line.
[[nodiscard]] std::optional<client_event> decode_client_event(std::string_view line);

}  // namespace stowage::test
