// Commands of names: whether they are there, and where values go.
#pragma once

#include <stowage/resp/command.hpp>

namespace stowage::resp {

[[nodiscard]] reply del_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply exists_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply type_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply rename_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply renamenx_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply copy_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply object_command(const arguments& args, block_view& blocks);
[[nodiscard]] reply memory_command(const arguments& args, block_view& blocks);

}  // namespace stowage::resp
