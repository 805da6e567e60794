#include <stowage/tests/power/child_process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace stowage::test {

namespace {

using namespace std::chrono_literals;
constexpr auto patience = 60s;

std::runtime_error system_error(const std::string& what) {
  return std::runtime_error{what + ": " + std::strerror(errno)};
}

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("pipe");
  return {ends[0], ends[1]};
}

// A file in memory rather than a pipe: nobody has to feed it while the child runs.
int file_with(std::string_view text) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  if (fd < 0) throw system_error("memfd_create");
  if (::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw system_error("input of a child");
  return fd;
}

int close_and_forget(int& fd) {
  if (fd >= 0) (void)::close(fd);
  return fd = -1;
}

}  // namespace

pid_t start_program(const std::vector<std::string>& arguments, const child_streams& streams,
                    child_lifetime lifetime) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const auto& a : arguments) words.push_back(const_cast<char*>(a.c_str()));
  words.push_back(nullptr);
  const auto parent = ::getpid();
  // The child borrows our memory until it is another program: copying the tables of a large process takes
  // longer than most commands. It only makes system calls.
  const auto pid = ::vfork();
  if (pid < 0) throw system_error("vfork");
  if (pid > 0) return pid;
  if (lifetime == child_lifetime::bound) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
  }
  if (::dup2(streams.in, STDIN_FILENO) < 0 || ::dup2(streams.out, STDOUT_FILENO) < 0 ||
      ::dup2(streams.err, STDERR_FILENO) < 0)
    ::_exit(127);
  ::execv(words.front(), words.data());
  ::_exit(127);
}

child_process::child_process(const std::vector<std::string>& arguments, std::string_view input) {
  const int in = file_with(input);
  const auto out = make_pipe();
  const auto err = make_pipe();
  pid_ = start_program(arguments, {in, out.write, err.write}, child_lifetime::bound);
  for (const int theirs : {in, out.write, err.write}) (void)::close(theirs);
  out_ = out.read;
  err_ = err.read;
}

child_process::~child_process() {
  if (pid_ > 0) {
    (void)::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close_and_forget(out_);
  close_and_forget(err_);
}

void child_process::read_output(bool only_a_line) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::array<char, 65536> buffer{};
  while (out_ >= 0 || err_ >= 0) {
    if (only_a_line && said_.out.find('\n') != std::string::npos) return;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    // poll() leaves out what has a negative number.
    std::array<pollfd, 2> streams{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    const int ready = left.count() <= 0
                          ? 0
                          : ::poll(streams.data(), streams.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      (void)::kill(pid_, SIGKILL);
      throw std::runtime_error{"a child does not end; it said: " + said_.out + said_.err};
    }
    const auto drain = [&](const pollfd& stream, int& fd, std::string& text) {
      if (stream.revents == 0) return;
      const auto n = ::read(fd, buffer.data(), buffer.size());
      if (n > 0)
        text.append(buffer.data(), static_cast<std::size_t>(n));
      else if (n == 0 || errno != EINTR)
        close_and_forget(fd);
    };
    drain(streams[0], out_, said_.out);
    drain(streams[1], err_, said_.err);
  }
}

std::string child_process::first_line() {
  read_output(true);
  return said_.out.substr(0, said_.out.find('\n'));
}

void child_process::signal(int number) { (void)::kill(pid_, number); }

ended_child child_process::wait() {
  read_output(false);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw system_error("waitpid");
  }
  pid_ = -1;
  said_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return said_;
}

ended_child run_program(const std::vector<std::string>& arguments, std::string_view input) {
  return child_process{arguments, input}.wait();
}

}  // namespace stowage::test
