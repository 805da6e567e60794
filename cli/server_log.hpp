// The log of a server: lines with time and level, or with the journal's priorities.
//
// Contract: lines from the level it was made with on are written, each whole and at once; `off` writes none. In the
// journal a line begins with its priority, as in `<6>`, because the journal has time and name by itself.
// Concurrency: one thread.
// Limits: a line that cannot be written is lost. The caller keeps line breaks out.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/config/serve_options.hpp>

#include <spdlog/logger.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace stowage::cli {

enum class log_style : std::uint8_t { stream, journal };

/// Whether `to` is what the service manager says in $JOURNAL_STREAM, given as `stream`; null = it says nothing.
[[nodiscard]] log_style style_of(std::FILE* to, const char* stream);

class server_log {
 public:
  server_log(std::FILE* to, log_style style, log_level least);

  void write(log_level level, std::string_view line);

 private:
  log_style style_;
  spdlog::logger logger_;
};

/// The level of a line of the console.
[[nodiscard]] log_level level_of(line_kind kind) noexcept;

}  // namespace stowage::cli
