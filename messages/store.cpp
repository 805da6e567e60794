#include <stowage/messages/store.hpp>

namespace stowage {

std::string to_string(durability level) {
  return level == durability::durable ? "durable" : "accepted";
}

bool from_string(compat::string_view in, durability& out) {
  for (const auto level : {durability::accepted, durability::durable}) {
    if (in == compat::string_view{to_string(level)}) {
      out = level;
      return true;
    }
  }
  return false;
}

bool from_integer(std::uint8_t in, durability& out) {
  if (in > static_cast<std::uint8_t>(durability::durable)) return false;
  out = static_cast<durability>(in);
  return true;
}

}  // namespace stowage
