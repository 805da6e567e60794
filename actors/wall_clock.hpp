// Wall time, which serves expiry and nothing else.
//
// Contract: Unix time in ms. It may jump, in either direction: it never decides order, and no timer is as long as
// what it says.
// Concurrency: `system_wall_time` is callable anywhere; so must be another clock, if there are views: each of them
// looks at it on its reader's thread.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <cstdint>
#include <functional>

namespace STOWAGE_EXPORT stowage {

using wall_clock = std::function<std::uint64_t()>;

[[nodiscard]] std::uint64_t system_wall_time();

}  // namespace stowage
