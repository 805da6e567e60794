#include <stowage/cli/stop_signals.hpp>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace stowage::cli {

namespace {

posix::descriptor require(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
  return posix::descriptor{fd};
}

}  // namespace

stop_signals::stop_signals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGINT);
  pthread_sigmask(SIG_BLOCK, &both, nullptr);
  signals_ = require(::signalfd(-1, &both, SFD_CLOEXEC), "signalfd");
  notices_ = require(::eventfd(0, EFD_CLOEXEC), "eventfd");
}

woken_by stop_signals::wait(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> waiting{{{signals_.get(), POLLIN, 0}, {notices_.get(), POLLIN, 0}}};
  const int count = posix::uninterrupted(
      [&] { return ::poll(waiting.data(), waiting.size(), static_cast<int>(at_most.count())); });
  if (count <= 0) return woken_by::timeout;
  // What was done comes before the wish to stop it.
  if (waiting[1].revents != 0) {
    std::uint64_t notices = 0;
    (void)!::read(notices_.get(), &notices, sizeof notices);
    return woken_by::notice;
  }
  signalfd_siginfo info{};
  (void)!::read(signals_.get(), &info, sizeof info);
  return woken_by::signal;
}

void stop_signals::notify() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(notices_.get(), &one, sizeof one);
}

}  // namespace stowage::cli
