#include <stowage/tests/support/processes/child_process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace stowage::test {

namespace {

class file_actions {
 public:
  file_actions() { ::posix_spawn_file_actions_init(&actions_); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;
  ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void open(int fd, const std::string& path, int flags) {
    ::posix_spawn_file_actions_addopen(&actions_, fd, path.c_str(), flags, 0600);
  }
  void dup(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void change_directory(const std::string& path) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str());
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& t : texts) out.push_back(t.data());
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void throw_errno(const std::string& what, int error) {
  throw std::runtime_error{what + ": " + std::strerror(error)};
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2", errno);
  return ends;
}

void close_if_open(int& fd) {
  if (fd >= 0) (void)::close(fd);
  fd = -1;
}

int wait_for(int fd, short events, std::chrono::milliseconds time) {
  pollfd p{fd, events, 0};
  int ready = 0;
  do {
    ready = ::poll(&p, 1, static_cast<int>(time.count()));
  } while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

child_process::child_process(std::vector<std::string> command, const child_options& options) {
  const auto out = make_pipe();
  std::array<int, 2> in{-1, -1};
  file_actions actions;
  if (options.stdin_path.empty()) {
    in = make_pipe();
    actions.dup(in[0], STDIN_FILENO);
  } else {
    actions.open(STDIN_FILENO, options.stdin_path, O_RDONLY);
  }
  actions.dup(out[1], STDOUT_FILENO);
  actions.open(STDERR_FILENO, options.stderr_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  if (!options.directory.empty()) actions.change_directory(options.directory);

  auto environment = options.environment;
  for (char** e = environ; *e != nullptr; ++e) environment.emplace_back(*e);
  const int error = ::posix_spawnp(&pid_, command.front().c_str(), actions.get(), nullptr,
                                   pointers_to(command).data(), pointers_to(environment).data());
  (void)::close(out[1]);
  close_if_open(in[0]);
  stdout_ = out[0];
  stdin_ = in[1];
  if (error == 0) pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (error != 0 || pidfd_ < 0) {
    const int why = error != 0 ? error : errno;
    if (error == 0) kill_now();
    close_if_open(stdout_);
    close_if_open(stdin_);
    throw_errno("cannot start " + command.front(), why);
  }
}

child_process::~child_process() {
  if (!ended_) {
    kill_now();
    (void)wait();
  }
  close_if_open(pidfd_);
  close_if_open(stdout_);
  close_if_open(stdin_);
}

void child_process::fill(std::chrono::milliseconds wait) {
  if (stdout_ < 0 || wait_for(stdout_, POLLIN, wait) <= 0) return;
  std::array<char, 65536> buffer{};
  const auto n = ::read(stdout_, buffer.data(), buffer.size());
  if (n > 0) {
    read_.erase(0, line_at_);
    line_at_ = 0;
    read_.append(buffer.data(), static_cast<std::size_t>(n));
  } else if (n == 0 || errno != EINTR) {
    close_if_open(stdout_);
  }
}

child_process::next child_process::read_line(std::string& line, std::chrono::milliseconds wait) {
  const auto take = [&] {
    const auto end = read_.find('\n', line_at_);
    if (end == std::string::npos) return false;
    line = read_.substr(line_at_, end - line_at_);
    line_at_ = end + 1;
    return true;
  };
  if (take()) return next::line;
  fill(wait);
  if (take()) return next::line;
  return stdout_ < 0 ? next::end : next::nothing;
}

std::string child_process::read_all() {
  const auto deadline = std::chrono::steady_clock::now() + hang_after;
  while (stdout_ >= 0 && std::chrono::steady_clock::now() < deadline) fill(hang_after);
  return read_.substr(line_at_);
}

void child_process::write_line(const std::string& text) {
  const auto line = text + "\n";
  // It may be dead by now; whoever waits for it sees that.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  (void)!::write(stdin_, line.data(), line.size());
  (void)std::signal(SIGPIPE, before);
}

void child_process::kill_now() { (void)::kill(pid_, SIGKILL); }

exit_state child_process::wait() {
  exit_state out;
  if (wait_for(pidfd_, POLLIN, hang_after) <= 0) {
    out.hung = true;
    kill_now();
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  out.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return out;
}

finished_process run_to_end(std::vector<std::string> command, const child_options& options) {
  child_process child{std::move(command), options};
  finished_process done;
  done.out = child.read_all();
  done.state = child.wait();
  return done;
}

}  // namespace stowage::test
