// Writes that need no reading first: they go to the store as they are, many in one message.
//
// Contract: what the store says of the write is all there is to the answer.
// Concurrency: pure functions.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/resp/command.hpp>
#include <stowage/resp/reply.hpp>

#include <cstdint>
#include <optional>

namespace stowage::resp {

struct direct_write {
  single_write what;
  reply when_done;
  /// The block is there already, or is not there.
  reply when_not;
};

/// Nothing if the command has to be evaluated. `now_ms`: Unix time.
[[nodiscard]] std::optional<direct_write> direct_write_of(const command_spec& spec,
                                                          const arguments& args,
                                                          std::uint64_t now_ms);

/// `why` is none if the write was done.
[[nodiscard]] reply reply_to(direct_write&& w, const failure* why);

}  // namespace stowage::resp
