// SIGTERM and SIGINT as something to wait for.
//
// Contract: from construction on both signals are held back in this thread and in those it starts, and
// are only seen by `wait`. None is lost in between.
// Concurrency: construct before any other thread starts; one thread waits.
// Limits: Linux (signalfd, eventfd). The signals stay held back after the destructor.
#pragma once

#include <stowage/storage/device/posix_file.hpp>

#include <chrono>

namespace stowage::cli {

enum class woken_by { signal, notice, timeout };

class stop_signals {
 public:
  stop_signals();

  /// Waits for a signal, for `notify`, or for the time to pass.
  [[nodiscard]] woken_by wait(std::chrono::milliseconds at_most);

  /// Wakes whoever waits; from any thread.
  void notify() noexcept;

 private:
  posix::descriptor signals_;
  posix::descriptor notices_;
};

}  // namespace stowage::cli
