#include <stowage/cli/file_tree.hpp>

#include <stowage/cli/file_io.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::cli {

namespace {

struct close_directory {
  void operator()(DIR* directory) const noexcept { (void)::closedir(directory); }
};
using directory_stream = std::unique_ptr<DIR, close_directory>;

struct entry {
  /// Directories end with `/`, so that sorting entries sorts the paths below them.
  std::string name;
  [[nodiscard]] bool is_directory() const { return name.back() == '/'; }
};

class walker {
 public:
  walker(std::size_t path_bytes_max, const tree_visitor& visitor)
      : path_bytes_max_{path_bytes_max}, visitor_{visitor} {}

  result<void> walk_root(const std::string& directory) {
    auto opened = open_directory(AT_FDCWD, directory, 0);
    if (!opened) return std::move(opened).error();
    (void)walk(opened->get(), {});
    return {};
  }

 private:
  static result<directory_stream> open_directory(int at, const std::string& name, int flags) {
    descriptor fd{posix::uninterrupted(
        [&] { return ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags); })};
    if (!fd) return file_failure(errno, "the directory cannot be opened");
    // fdopendir takes the descriptor over only where it succeeds, and so a copy of it.
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return file_failure(errno, "the directory cannot be opened");
    directory_stream stream{::fdopendir(copy)};
    if (!stream) {
      (void)::close(copy);
      return file_failure(errno, "the directory cannot be read");
    }
    return stream;
  }

  static result<std::vector<entry>> entries_of(DIR* directory) {
    std::vector<entry> found;
    for (;;) {
      errno = 0;
      const auto* e = ::readdir(directory);
      if (e == nullptr) break;
      const std::string_view name{e->d_name};
      if (name == "." || name == "..") continue;
      auto type = e->d_type;
      if (type == DT_UNKNOWN) {
        struct stat status {};
        if (::fstatat(::dirfd(directory), e->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_LNK;
      }
      if (type == DT_REG) found.push_back({std::string{name}});
      if (type == DT_DIR) found.push_back({std::string{name} + "/"});
    }
    if (errno != 0) return file_failure(errno, "the directory cannot be read");
    std::sort(found.begin(), found.end(),
              [](const entry& a, const entry& b) { return a.name < b.name; });
    return found;
  }

  // False once the visitor wants no more.
  bool walk(DIR* directory, const std::string& below) {
    auto entries = entries_of(directory);
    if (!entries) {
      visitor_.on_trouble(below, entries.error());
      return true;
    }
    for (const auto& e : *entries) {
      const auto path = below + e.name;
      if (path.size() > path_bytes_max_) {
        visitor_.on_trouble(path, fail(errc::limit_exceeded, "the path is too long for a name"));
        continue;
      }
      if (!e.is_directory()) {
        if (!visitor_.on_file(path, ::dirfd(directory), e.name)) return false;
        continue;
      }
      auto inner =
          open_directory(::dirfd(directory), e.name.substr(0, e.name.size() - 1), O_NOFOLLOW);
      if (!inner)
        visitor_.on_trouble(path, inner.error());
      else if (!walk(inner->get(), path))
        return false;
    }
    return true;
  }

  std::size_t path_bytes_max_;
  const tree_visitor& visitor_;
};

}  // namespace

result<void> walk_files(const std::string& directory, std::size_t path_bytes_max,
                        const tree_visitor& visitor) {
  return walker{path_bytes_max, visitor}.walk_root(directory);
}

}  // namespace stowage::cli
