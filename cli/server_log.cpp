#include <stowage/cli/server_log.hpp>

#include <fmt/format.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <sys/stat.h>

#include <array>
#include <memory>

namespace stowage::cli {

namespace {

// spdlog's own sink for files is for names, not for what is open.
class stream_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit stream_sink(std::FILE* to) : to_{to} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    // One call, so that lines of several processes do not mix.
    (void)std::fwrite(line.data(), 1, line.size(), to_);
    flush_();
  }
  void flush_() override { (void)std::fflush(to_); }

 private:
  std::FILE* to_;
};

struct level_entry {
  spdlog::level::level_enum spdlog;
  // As in syslog(3): 7 debug, 6 informational, 4 warning, 3 error.
  int priority;
};

// Indexed by our level.
constexpr std::array<level_entry, 6> levels{{{spdlog::level::trace, 7},
                                             {spdlog::level::debug, 7},
                                             {spdlog::level::info, 6},
                                             {spdlog::level::warn, 4},
                                             {spdlog::level::err, 3},
                                             {spdlog::level::off, 3}}};

const level_entry& entry_of(log_level level) noexcept {
  return levels[static_cast<std::size_t>(level)];
}

}  // namespace

log_style style_of(std::FILE* to, const char* stream) {
  struct stat there {};
  if (stream == nullptr || ::fstat(::fileno(to), &there) != 0) return log_style::stream;
  return fmt::format("{}:{}", there.st_dev, there.st_ino) == stream ? log_style::journal
                                                                    : log_style::stream;
}

server_log::server_log(std::FILE* to, log_style style, log_level least)
    : style_{style}, logger_{"stowage", std::make_shared<stream_sink>(to)} {
  logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      style == log_style::journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc));
  logger_.set_level(entry_of(least).spdlog);
}

void server_log::write(log_level level, std::string_view line) {
  const auto& as = entry_of(level);
  if (style_ == log_style::journal)
    logger_.log(as.spdlog, "<{}>{}", as.priority, line);
  else
    logger_.log(as.spdlog, line);
}

log_level level_of(line_kind kind) noexcept {
  switch (kind) {
    case line_kind::complaint: return log_level::error;
    case line_kind::warning: return log_level::warning;
    case line_kind::note: break;
  }
  return log_level::info;
}

}  // namespace stowage::cli
