// Messages between a recording file system and the test that drives it.
//
// Contract: a message arrives whole. The driver sends one and waits for its answer: empty, or what is wrong.
// Concurrency: one thread at each end.
// Limits: both ends are of one build; a stream socket carries it.
//
//   note TEXT                        TEXT (any bytes, to the end) goes into the log
//   fail CALL SKIP COUNT TEARS BEGIN END PATH    adds a fault rule for a file
//   heal                             no rule is left
//   faults                           answers how many operations failed so far
//   kill N                           whoever makes the Nth write from now on is killed when it is recorded
//   await N SECONDS BEGIN END        until N writes since the last note began in [BEGIN, END) of any file
//   unmount PATH                     PATH is unmounted, before the file system itself, when the driver ends
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stowage::test {

/// Whether the other end is still there.
[[nodiscard]] bool send_message(int socket, std::string_view message);

/// Nothing if the other end is gone.
[[nodiscard]] std::optional<std::string> receive_message(int socket);

}  // namespace stowage::test
