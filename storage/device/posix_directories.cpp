#include <stowage/storage/device/posix_directories.hpp>

#include <stowage/storage/device/posix_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

namespace stowage {

namespace {

result<void> make_one(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return posix::path_failure(errno, "the directory " + directory.string());
  }
  const std::filesystem::path above = directory.has_parent_path() ? directory.parent_path() : ".";
  const posix::descriptor parent{posix::uninterrupted(
      [&] { return ::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!parent || ::fsync(parent.get()) != 0)
    return posix::path_failure(errno, "the directory " + above.string());
  return {};
}

}  // namespace

result<void> make_directories_for(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  std::filesystem::path so_far;
  for (const auto& part : parent) {
    so_far /= part;
    std::error_code ignored;  // what cannot be looked at is tried, and refused with its reason
    if (std::filesystem::is_directory(so_far, ignored)) continue;
    if (auto made = make_one(so_far); !made) return made;
  }
  return {};
}

}  // namespace stowage
