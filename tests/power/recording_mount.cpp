#include <stowage/tests/power/recording_mount.hpp>

#include <stowage/tests/power/child_process.hpp>
#include <stowage/tests/power/filesystem/control_channel.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace stowage::test {

namespace {

constexpr int await_seconds = 60;

}  // namespace

std::string recording_mount::why_unavailable() {
  const int fuse = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) return std::string{"/dev/fuse cannot be opened: "} + std::strerror(errno);
  (void)::close(fuse);
  if (::geteuid() == 0) {
    // Root in a container may lack the right to mount.
    static const std::string refused = []() -> std::string {
      try {
        const recording_mount tried{recording::drop};
        return {};
      } catch (const std::exception& e) {
        return std::strstr(e.what(), std::strerror(EPERM)) != nullptr ? e.what() : "";
      }
    }();
    return refused;
  }
  if (::access("/usr/bin/fusermount3", X_OK) != 0) return "not root, and no fusermount3";
  return {};
}

recording_mount::recording_mount(recording what)
    : mountpoint_{directory_ / "mount"},
      log_path_{what == recording::keep ? directory_ / "log" : "/dev/null"} {
  std::filesystem::create_directory(mountpoint_);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error{std::string{"socketpair: "} + std::strerror(errno)};
  socket_ = ends[0];
  server_ = start_program({STOWAGE_RECORDING_FS, mountpoint_, log_path_},
                          {ends[1], STDERR_FILENO, STDERR_FILENO}, child_lifetime::free);
  (void)::close(ends[1]);
  const auto answer = receive_message(socket_);
  if (!answer || !answer->empty()) {
    end();
    throw std::runtime_error{answer ? *answer : "the recording file system did not start"};
  }
}

recording_mount::~recording_mount() { end(); }

void recording_mount::end() noexcept {
  (void)::close(socket_);
  while (::waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {
  }
  // It has unmounted itself, unless it crashed.
  (void)::umount2(mountpoint_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

std::string recording_mount::ask(std::string_view message) {
  if (!send_message(socket_, message))
    throw std::runtime_error{"the recording file system is gone"};
  auto answer = receive_message(socket_);
  if (!answer) throw std::runtime_error{"the recording file system is gone"};
  return *std::move(answer);
}

void recording_mount::tell(std::string_view message) {
  if (const auto complaint = ask(message); !complaint.empty())
    throw std::runtime_error{"recording file system: " + complaint};
}

void recording_mount::note(byte_view text) { tell("note " + std::string{as_text(text)}); }

void recording_mount::kill_at_write(std::uint64_t n) { tell("kill " + std::to_string(n)); }

void recording_mount::await_writes(std::uint64_t n, std::uint64_t begin, std::uint64_t end) {
  tell("await " + std::to_string(n) + " " + std::to_string(await_seconds) + " " +
       std::to_string(begin) + " " + std::to_string(end));
}

void recording_mount::fail(const std::string& file, const fault_rule& rule) {
  std::string message = "fail";
  for (const std::uint64_t field : {static_cast<std::uint64_t>(rule.call), rule.skip, rule.count,
                                    static_cast<std::uint64_t>(rule.tears), rule.begin, rule.end})
    message += " " + std::to_string(field);
  tell(message + " " + file);
}

void recording_mount::heal() { tell("heal "); }

std::uint64_t recording_mount::faults_injected() { return std::stoull(ask("faults ")); }

void recording_mount::unmount_first(const std::string& path) { tell("unmount " + path); }

}  // namespace stowage::test
