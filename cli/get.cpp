#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/storage/read_block.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace stowage::cli {

namespace {

result<void> write_file(const std::string& path, const std::string& store, byte_view bytes) {
  // Emptied only once it is known not to be the store itself.
  descriptor fd{posix::uninterrupted(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666); })};
  if (!fd) return file_failure(errno, "the file cannot be opened");
  struct stat ours {};
  struct stat theirs {};
  if (::fstat(fd.get(), &ours) != 0 || ::stat(store.c_str(), &theirs) != 0)
    return file_failure(errno, "the file cannot be looked at");
  if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
    return fail(errc::invalid_argument, "this is the store itself");
  if (S_ISREG(ours.st_mode) && ::ftruncate(fd.get(), 0) != 0)
    return file_failure(errno, "the file cannot be emptied");
  if (auto written = write_all(fd.get(), bytes); !written) return written;
  if (const int error = fd.close(); error != 0)
    return file_failure(error, "the file cannot be written");
  return {};
}

}  // namespace

void run(const get_command& what, console& con) {
  if (auto named = check_name(what.name); !named) {
    con.complain(what.store, named.error());
    return;
  }
  const auto store = open_offline(what.store, con);
  if (!store) return;
  const auto block = store->state.index.find(what.name);
  if (!block) {
    auto why = fail(errc::not_found);
    why.name = what.name;
    con.complain(what.store, why);
    return;
  }
  // Verified as a whole before the first byte goes out.
  const auto value =
      read_block(*store->device, *block, store->state.sb.hash_seed, what.offset, what.length);
  if (!value) {
    con.complain(what.store, value.error());
  } else if (what.file == "-") {
    con.print(value.value().text());
  } else if (auto written = write_file(what.file, what.store, value.value().view()); !written) {
    con.complain_of_file(what.file, written.error());
  }
}

}  // namespace stowage::cli
