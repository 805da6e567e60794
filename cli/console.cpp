#include <stowage/cli/console.hpp>

#include <stowage/cli/advice.hpp>
#include <stowage/cli/block_name.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stowage::cli {

namespace {

// Paths may hold line breaks, and worse; other bytes are shown as the user typed them.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    line += is_control ? show_name({&c, 1}) : std::string(1, c);
  }
  return line;
}

}  // namespace

console::console(std::FILE* out, std::FILE* err)
    : out_{out}, err_{err}, is_terminal_{::isatty(::fileno(err)) == 1} {}

void console::print(std::string_view data) {
  if (out_failed_ || data.empty()) return;
  if (std::fwrite(data.data(), 1, data.size(), out_) == data.size()) return;
  out_failed_ = true;
  complain("standard output", std::string{"cannot be written ("} + std::strerror(errno) + ")",
           "see where it goes", exit_code::failed);
}

void console::flush() {
  if (out_failed_ || std::fflush(out_) == 0) return;
  out_failed_ = true;
  complain("standard output", std::string{"cannot be written ("} + std::strerror(errno) + ")",
           "see where it goes", exit_code::failed);
}

exit_code console::complain(std::string_view subject, std::string_view what,
                            std::string_view advice, exit_code code) {
  std::string line{subject};
  line.append(": ").append(what).append(": ").append(advice);
  return complain_line(line, code);
}

exit_code console::complain(std::string_view subject, const failure& why) {
  if (why.code == errc::io_error || why.code == errc::poisoned) {
    cause c{why.detail, why.offset, why.os_error};
    if (std::ranges::find(told_, c) == told_.end()) told_.push_back(std::move(c));
  }
  return complain(subject, what_is_wrong(why, subject), what_to_do(why.code),
                  exit_code_of(why.code));
}

void console::complain_unless_told(std::string_view subject, const failure& why) {
  const cause c{why.detail, why.offset, why.os_error};
  if (std::ranges::find(told_, c) == told_.end()) (void)complain(subject, why);
}

exit_code console::complain_of_file(std::string_view path, const failure& why) {
  // Their sentences and advice are about the store and its device.
  if (why.code != errc::io_error && why.code != errc::permission_denied) return complain(path, why);
  auto what = why.detail;
  if (why.os_error != 0) what += std::string{" ("} + std::strerror(why.os_error) + ")";
  return complain(path, what, "check the path and its permissions", exit_code_of(why.code));
}

exit_code console::complain_line(std::string_view line, exit_code code) {
  if (code_ == exit_code::ok) code_ = code;
  say(line_kind::complaint, line);
  return code;
}

void console::warn(std::string_view subject, std::string_view what) {
  std::string line{subject};
  // A log shows the kind of a line by itself.
  line.append(taker_ ? ": " : ": warning: ").append(what);
  say(line_kind::warning, line);
}

void console::log(std::string_view subject, std::string_view what) {
  std::string line{subject};
  line.append(": ").append(what);
  say(line_kind::note, line);
}

void console::say(line_kind kind, std::string_view text) {
  auto line = on_one_line(text);
  if (taker_) {
    taker_(kind, line);
    return;
  }
  clear_progress();
  // One call, so that lines of several processes do not mix.
  line = "stowage: " + line + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), err_);
  (void)std::fflush(err_);
}

void console::show_progress(std::string_view text) {
  if (!is_terminal_) return;
  std::string line{"\r\x1b[K"};
  line.append(on_one_line(text));
  (void)std::fwrite(line.data(), 1, line.size(), err_);
  (void)std::fflush(err_);
  progress_shown_ = true;
}

void console::clear_progress() {
  if (!std::exchange(progress_shown_, false)) return;
  (void)std::fputs("\r\x1b[K", err_);
  (void)std::fflush(err_);
}

exit_code console::finish() {
  clear_progress();
  flush();
  return code_;
}

}  // namespace stowage::cli
