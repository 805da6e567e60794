// Commands of when blocks expire. What they have in common depends on their name.
#pragma once

#include <stowage/resp/command.hpp>

namespace stowage::resp {

/// EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT.
[[nodiscard]] reply expire_command(const arguments& args, block_view& blocks);
/// TTL, PTTL, EXPIRETIME, PEXPIRETIME.
[[nodiscard]] reply ttl_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply persist_command(const arguments& args, block_view& blocks);
/// SETEX, PSETEX.
[[nodiscard]] reply setex_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply getex_command(const arguments& args, block_view& blocks);

}  // namespace stowage::resp
