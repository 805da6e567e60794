// What recovery found at the end of the journal and left out.
#pragma once

#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <string>

namespace STOWAGE_EXPORT stowage {

/// Groups at the end of the journal that were never proven durable and are not in the state.
struct dropped_tail {
  lsn first;
  std::uint64_t records = 0;
  std::string reason;
};

}  // namespace stowage
