// How `serve` runs as a daemon. The defaults are the product's; config/stowage.conf lists them.
#pragma once

#include <chrono>
#include <cstdint>

namespace stowage {

/// Lines of this level and of those after it are written.
enum class log_level : std::uint8_t { trace, debug, info, warning, error, off };

struct serve_options {
  log_level log = log_level::info;
  /// So long a stop takes at most, whether everything became durable by then or not: 0 to 60 s.
  std::chrono::nanoseconds drain_max = std::chrono::seconds{60};

  friend bool operator==(const serve_options&, const serve_options&) = default;
};

}  // namespace stowage
