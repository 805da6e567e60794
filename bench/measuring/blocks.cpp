#include <stowage/bench/measuring/blocks.hpp>

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

namespace stowage::bench {

std::string block_name(std::uint64_t block) {
  // "block-00001234"; no formatting library, because it would be a part of what is measured.
  std::string name = "block-00000000";
  for (auto at = name.size(); block > 0 && at > 6; block /= 10)
    name[--at] = static_cast<char>('0' + block % 10);
  return name;
}

void require_equal(std::string_view engine, std::uint64_t block, byte_view found,
                   byte_view expected) {
  if (found.size() != expected.size() ||
      std::memcmp(found.data(), expected.data(), found.size()) != 0)
    throw std::runtime_error{fmt::format("{}: {} reads back wrong", engine, block_name(block))};
}

}  // namespace stowage::bench
