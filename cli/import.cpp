#include <stowage/cli/commands.hpp>
#include <stowage/cli/file_io.hpp>
#include <stowage/cli/file_tree.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/cli/put_pipeline.hpp>
#include <stowage/storage/core/limits.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace stowage::cli {

namespace {

class importer {
 public:
  importer(const import_command& what, live_store& store, console& con)
      : what_{what},
        con_{con},
        pipeline_{store, [this](const failure& why) { con_.complain(what_.store, why); }},
        progress_{con, "importing", 0},
        has_store_{::stat(what.store.c_str(), &store_status_) == 0} {}

  void run() {
    const auto walked =
        walk_files(what_.directory, limits::name_bytes_max - what_.prefix.size(),
                   {[this](const std::string& path, int directory, const std::string& name) {
                      return take(path, directory, name);
                    },
                    [this](const std::string& path, const failure& why) {
                      con_.complain_of_file(what_.directory + "/" + path, why);
                    }});
    if (!walked) con_.complain_of_file(what_.directory, walked.error());
    if (auto durable = pipeline_.finish(); !durable)
      con_.complain_unless_told(what_.store, durable.error());
  }

 private:
  bool take(const std::string& path, int directory, const std::string& name) {
    const auto complain = [&](const failure& why) {
      con_.complain_of_file(what_.directory + "/" + path, why);
      return true;
    };
    // O_NONBLOCK for the case that a FIFO took the file's place just now.
    const descriptor file{posix::uninterrupted([&] {
      return ::openat(directory, name.c_str(),
                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    })};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0)
      return complain(file_failure(errno, "the file cannot be opened"));
    if (!S_ISREG(status.st_mode)) return true;
    if (has_store_ && status.st_dev == store_status_.st_dev &&
        status.st_ino == store_status_.st_ino)
      return true;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (!pipeline_.make_room(size)) return false;
    auto value = read_value(file.get());
    if (!value) return complain(value.error());
    pipeline_.put(what_.prefix + path, *std::move(value));
    progress_.advance(size);
    return true;
  }

  const import_command& what_;
  console& con_;
  put_pipeline pipeline_;
  progress progress_;
  // The store may lie in the directory, and cannot hold itself.
  struct stat store_status_ {};
  bool has_store_;
};

}  // namespace

void run(const import_command& what, console& con) {
  if (what.prefix.size() >= limits::name_bytes_max) {
    con.complain("--prefix", fail(errc::limit_exceeded, "no name can follow it"));
    return;
  }
  // Looked at before a store is created for it.
  const descriptor directory{posix::uninterrupted(
      [&] { return ::open(what.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!directory) {
    con.complain_of_file(what.directory, file_failure(errno, "the directory cannot be opened"));
    return;
  }
  auto config = command_settings(what.store);
  config.store.create = what.create;
  const auto store = open_live(config, con);
  if (!store) return;
  importer{what, *store, con}.run();
  close_live(*store, what.store, con);
}

}  // namespace stowage::cli
