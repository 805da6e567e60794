#include <stowage/resp/bit_commands.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/storage/core/limits.hpp>

#include <optional>
#include <string>
#include <utility>

namespace stowage::resp {

namespace {

constexpr std::string_view not_an_offset = "ERR bit offset is not an integer or out of range";

struct bit_place {
  std::size_t byte = 0;
  unsigned mask = 0;
};

std::optional<bit_place> parse_place(std::string_view text) {
  const auto offset = parse_unsigned(text);
  if (!offset || *offset / 8 >= limits::value_bytes_max) return std::nullopt;
  return bit_place{static_cast<std::size_t>(*offset / 8), 0x80U >> (*offset % 8)};
}

bool is_set(std::string_view bytes, const bit_place& at) {
  return at.byte < bytes.size() && (static_cast<unsigned char>(bytes[at.byte]) & at.mask) != 0;
}

}  // namespace

reply getbit_command(const arguments& args, block_view& blocks) {
  const auto at = parse_place(text_of(args, 2));
  if (!at) return error(not_an_offset);
  return reply::integer(is_set(blocks.value(text_of(args, 1)).text(), *at) ? 1 : 0);
}

reply setbit_command(const arguments& args, block_view& blocks) {
  const auto at = parse_place(text_of(args, 2));
  if (!at) return error(not_an_offset);
  const auto bit = text_of(args, 3);
  if (bit != "0" && bit != "1") return error("ERR bit is not an integer or out of range");
  const auto name = text_of(args, 1);
  std::string bytes{blocks.value(name).text()};
  const bool before = is_set(bytes, *at);
  if (bytes.size() <= at->byte) bytes.resize(at->byte + 1);
  const unsigned byte = static_cast<unsigned char>(bytes[at->byte]);
  bytes[at->byte] = static_cast<char>(bit == "1" ? byte | at->mask : byte & ~at->mask);
  blocks.put(name, payload{std::move(bytes)}, blocks.expires_at_ms(name));
  return reply::integer(before ? 1 : 0);
}

}  // namespace stowage::resp
