// Versions and sequence numbers on the wire: as the plain number.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

namespace STOWAGE_EXPORT stowage {

template <class Inspector, class Tag>
bool inspect(Inspector& f, strong_id<Tag>& x) {
  return f.apply(x.value);
}

}  // namespace stowage
