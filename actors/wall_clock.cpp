#include <stowage/actors/wall_clock.hpp>

#include <algorithm>
#include <chrono>

namespace stowage {

std::uint64_t system_wall_time() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  return static_cast<std::uint64_t>(std::max<decltype(ms)>(ms, 0));
}

}  // namespace stowage
