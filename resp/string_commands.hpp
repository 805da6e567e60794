// Commands of one block's value, and of several at once.
#pragma once

#include <stowage/resp/command.hpp>

namespace stowage::resp {

[[nodiscard]] reply get_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply set_command(const arguments& args, block_view& blocks);
[[nodiscard]] need set_needs(const arguments& args, std::size_t key);
[[nodiscard]] reply setnx_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply getset_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply getdel_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply strlen_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply getrange_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply setrange_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply append_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply mget_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply mset_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply msetnx_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply incr_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply decr_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply incrby_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply decrby_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply incrbyfloat_command(const arguments& args, block_view& blocks);

}  // namespace stowage::resp
