// The stowage binary: the command line in, an exit code out.
#include <stowage/cli/commands.hpp>
#include <stowage/cli/live_store.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <variant>
#include <vector>

namespace {

using namespace stowage::cli;

// A store opened as descriptor 1 would be written to by whatever is printed.
void reserve_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDONLY);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) (void)::close(fd);
}

void set_signals() {
  // `stowage list STORE | head` ends as quietly as other tools do, also where a parent ignores it.
  (void)std::signal(SIGPIPE, SIG_DFL);
  // A write beyond a file-size limit is to fail, and not to end the process.
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

void execute(const std::vector<std::string>& arguments, console& con) {
  const auto parsed = parse_command_line(arguments);
  if (const auto* mistake = std::get_if<usage_mistake>(&parsed)) {
    con.complain(mistake->where, mistake->what, mistake->advice, exit_code::usage);
    return;
  }
  initialize_types();
  std::visit([&con](const auto& what) { run(what, con); }, std::get<command>(parsed));
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_descriptors();
  set_signals();
  console con{stdout, stderr};
  try {
    execute({argv + (argc > 0 ? 1 : 0), argv + argc}, con);
  } catch (const std::bad_alloc&) {
    con.complain("memory", "there is not enough of it", "free some, or raise the limit",
                 exit_code::failed);
  } catch (const std::exception& mistake) {
    con.complain("internal error", mistake.what(), "report this", exit_code::failed);
  }
  return static_cast<int>(con.finish());
}
