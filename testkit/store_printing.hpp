// How test frameworks print what a store answers: as people read it.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/testkit/printing.hpp>

#include <ostream>

namespace stowage {

inline std::ostream& operator<<(std::ostream& out, durability level) {
  return out << to_string(level);
}
inline std::ostream& operator<<(std::ostream& out, change_kind kind) {
  return out << to_string(kind);
}

}  // namespace stowage
