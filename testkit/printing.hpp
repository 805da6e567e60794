// How test frameworks print the types of a store that tests compare: as people read them.
#pragma once

#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/core/types.hpp>

#include <ostream>

namespace stowage {

inline std::ostream& operator<<(std::ostream& out, errc code) { return out << name_of(code); }

template <class Tag>
std::ostream& operator<<(std::ostream& out, strong_id<Tag> id) {
  return out << id.value;
}

}  // namespace stowage
