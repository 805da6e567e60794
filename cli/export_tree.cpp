#include <stowage/cli/export_tree.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace stowage::cli {

namespace {

constexpr std::size_t component_bytes_max = 255;
/// More names of ours in one directory are not an accident.
constexpr int attempts_max = 1000;

failure refused(std::string why) { return fail(errc::limit_exceeded, std::move(why)); }

/// The system's limits are those of a file system, and what is in the way is a clash.
failure path_failure_below(int os_error, const std::string& name) {
  switch (os_error) {
    case ENOTDIR:
    case ELOOP:
    case EEXIST:
    case EISDIR: return refused("something else is in the way: " + name);
    case ENAMETOOLONG: return refused("the file system has no such long names");
    default: return file_failure(os_error, "the file cannot be written");
  }
}

}  // namespace

result<void> check_file_path(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return refused("no file's name has a NUL byte");
  for (std::string_view rest = name;;) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto component = rest.substr(0, end);
    if (component.empty()) return refused("a component of the path is empty");
    if (component == "." || component == "..") return refused("a component of the path is . or ..");
    if (component.size() > component_bytes_max)
      return refused("a component of the path has more than 255 bytes");
    if (end == rest.size()) return {};
    rest.remove_prefix(end + 1);
  }
}

result<export_tree> export_tree::open(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST)
    return file_failure(errno, "the directory cannot be created");
  descriptor root{posix::uninterrupted(
      [&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!root) return file_failure(errno, "the directory cannot be opened");
  return export_tree{std::move(root)};
}

result<void> export_tree::write(std::string_view path, byte_view bytes) {
  if (auto checked = check_file_path(path); !checked) return checked;
  descriptor owned;
  int at = root_.get();
  for (;;) {
    const auto slash = path.find('/');
    const std::string component{path.substr(0, slash)};
    if (slash == std::string_view::npos) return write_in(at, component, bytes);
    auto below = open_below(at, component);
    if (!below) return std::move(below).error();
    owned = *std::move(below);
    at = owned.get();
    path.remove_prefix(slash + 1);
  }
}

result<descriptor> export_tree::open_below(int at, const std::string& component) {
  if (::mkdirat(at, component.c_str(), 0777) != 0 && errno != EEXIST)
    return path_failure_below(errno, component);
  descriptor below{posix::uninterrupted([&] {
    return ::openat(at, component.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  })};
  if (!below) return path_failure_below(errno, component);
  return below;
}

result<void> export_tree::write_in(int directory, const std::string& name, byte_view bytes) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISREG(status.st_mode))
    return path_failure_below(EEXIST, name);

  const auto stem = ".stowage-" + std::to_string(::getpid()) + "-";
  std::string temporary;
  descriptor file;
  for (int attempt = 0; !file && attempt < attempts_max; ++attempt) {
    temporary = stem + std::to_string(temporaries_++);
    file = descriptor{posix::uninterrupted([&] {
      return ::openat(directory, temporary.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    })};
    if (!file && errno != EEXIST) return path_failure_below(errno, name);
  }
  if (!file) return path_failure_below(EEXIST, temporary);

  auto written = write_all(file.get(), bytes);
  if (const int error = file.close(); written && error != 0)
    written = file_failure(error, "the file cannot be written");
  if (written && ::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0)
    written = path_failure_below(errno, name);
  if (!written) (void)::unlinkat(directory, temporary.c_str(), 0);
  return written;
}

}  // namespace stowage::cli
