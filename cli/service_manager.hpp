// What systemd is told of a server whose unit says `Type=notify`.
//
// Contract: without a service manager ($NOTIFY_SOCKET is not set) nothing happens. Otherwise the answer is 0, or the
// errno that kept it from being told.
// Concurrency: any thread.
#pragma once

#include <string_view>

namespace stowage::cli {

/// `READY=1`, and what `systemctl status` shows.
[[nodiscard]] int tell_ready(std::string_view status);

/// `STOPPING=1`, and why.
[[nodiscard]] int tell_stopping(std::string_view status);

}  // namespace stowage::cli
