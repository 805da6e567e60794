#include <stowage/cli/service_manager.hpp>

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <string>

namespace stowage::cli {

namespace {

int tell(std::string_view state, std::string_view status) {
  std::string message{state};
  message.append("\nSTATUS=").append(status);
  return std::max(0, -::sd_notify(0, message.c_str()));
}

}  // namespace

int tell_ready(std::string_view status) { return tell("READY=1", status); }

int tell_stopping(std::string_view status) { return tell("STOPPING=1", status); }

}  // namespace stowage::cli
